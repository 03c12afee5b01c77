/**
 * The process that a function runs in: loads its handler, answers invocations one after the other.
 * Plain JavaScript, so that it starts without a compiler.
 *
 * `node lambda-worker.mjs FILE NAME`: the bundle and the handler's name in it
 */
import { createRequire } from 'node:module';

const [file, name] = process.argv.slice(2);
const require = createRequire(import.meta.url);

process.on('message', async ({ payload, context, deadline }) => {
  process.send(
    await answer(payload, { ...context, getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) }),
  );
});

// The parent decides when this ends: Ctrl-C reaches the whole group of processes, and it stops in its own order.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
// What a function prints may reach a terminal. JSON escapes the control characters below 32; these stay valid JSON.
for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream);
  stream.write = (chunk, ...rest) =>
    write(typeof chunk === 'string' ? escapeControls(chunk) : chunk, ...rest);
}
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

async function answer(payload, context) {
  try {
    const event = JSON.parse(payload);
    return { payload: JSON.stringify((await require(file)[name](event, context)) ?? null) };
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return { error: { message, stack } };
  }
}

function escapeControls(text) {
  const unsafe = /[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
  return text.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

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

/** `npm run bench [-- NAME ...]`: runs the benchmarks named, or all of them. Each prints ratios measured in one run. */
// The SDK would say on Node 20 that its versions of 2027 want Node 22; the versions here are pinned.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
// onnxruntime's builds would report to Microsoft.
process.env.ORT_DISABLE_TELEMETRY = '1';

const BENCHMARKS = ['featurize', 'photo', 'photo-memory', 'backfill', 'reduce', 'quality'];

const [name = '', ...options] = process.argv.slice(2);
const chosen = BENCHMARKS.includes(name) ? [name] : BENCHMARKS;
if (name !== '' && !BENCHMARKS.includes(name)) {
  console.error(`there is no benchmark ${JSON.stringify(name)}: choose one of ${BENCHMARKS.join(', ')}`);
  process.exitCode = 1;
} else {
  for (const benchmark of chosen) {
    const { run } = (await import(`./${benchmark}.ts`)) as { run: (options: string[]) => Promise<void> };
    await run(options);
  }
}

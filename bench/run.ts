/** `npm run bench -- SUBJECT [OPTION...]` runs one benchmark: a folder here. Without a subject it lists them. */
// The SDK would say on Node 20 that its versions of 2027 want Node 22; the versions here are pinned.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
// onnxruntime's builds would report to Microsoft.
process.env.ORT_DISABLE_TELEMETRY = '1';

const SUBJECTS: Record<string, string> = {
  backfill: 'a batch of photos from stores that take their time, beside one photo after the other',
  featurize: 'photos a second through the local stack, beside bare inference sessions',
  identify:
    '[--views 7] [--not-fruit DIR]: how often identify is right about photos that nothing has seen, how sure, and what it takes for fruit',
  'identify-time':
    'what a request to a warm identify takes of a processor beyond decoding the photo and its features',
  parquet: 'SNAPSHOT: its rows in every encoding, codec and size of row group',
  photo: '[FILE...]: a photo from bytes to features, beside sharp and the resize in the graph',
  'photo-memory': 'the worst photos that the limits let in: seconds and memory',
  'photo-shrink': '[FILE|FOLDER...]: what shrinking JPEGs while decoding saves, and how far features move',
  pipeline: '[--turns N]: the whole job by npm start, beside PySpark with Keras in a pandas UDF',
  quality:
    '[--train DIR --test DIR] [--model FILE]: how often a photo’s nearest neighbour has its label, by model',
  reduce: '[--quick] [--threads N]: reduce beside scikit-learn, Spark, ml-pca and plain JavaScript',
  report: '[report.html] [FOLDER]: how quick a report is in Chromium, and pictures of it in FOLDER',
  review:
    '[FOLDER...]: how many changed labels and copies of photos the report’s lists find, and the seconds that takes',
  scale:
    '[--rows N,N] [--dimension D]: the phases of a large reduce, each in a process of its own: time and memory',
};

const [subject, ...options] = process.argv.slice(2);
if (subject !== undefined && Object.hasOwn(SUBJECTS, subject)) {
  const { run } = (await import(`./${subject}/main.ts`)) as { run: (options: string[]) => Promise<void> };
  await run(options);
} else {
  const wrong = subject !== undefined;
  if (wrong) process.exitCode = 1;
  const lines = Object.entries(SUBJECTS).map(([name, what]) => `  ${name.padEnd(14)} ${what}`);
  const first = wrong ? `no benchmark is called ${JSON.stringify(subject)}:` : 'npm run bench -- SUBJECT';
  (wrong ? console.error : console.log)([first, ...lines].join('\n'));
}

/**
 * `npm run mutation -- SUBJECT [FILE...]`: changes functions/core in one place at a time and runs the subject's tests against each
 * change. One that no test notices needs a test, or a line in docs/mutation.md.
 *
 * npx fetches Stryker in the version pinned here. It works in a copy below build/mutation, and keeps one core busy.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STRYKER = '@stryker-mutator/core@9.6.1';
const root = join(import.meta.dirname, '../..');
const work = 'build/mutation';

/** What to change in functions/core, and the files of test/core that run, the quickest first. */
const SUBJECTS: Record<string, { change: string[]; tests: string[] }> = {
  events: {
    change: ['backfill', 'erase', 'errors', 'featurize-batch', 'featurize', 'ordering', 'stopwatch'].map(
      (name) => `${name}.ts`,
    ),
    tests: ['errors', 'stopwatch', 'logged', 'featurize', 'ordering', 'backfill', 'featurize-batch'],
  },
  shared: {
    change: ['limit.ts', 'preview.ts', 'seeded.ts', 'webassembly.ts'],
    tests: ['seeded', 'preview', 'limit', 'webassembly', 'classifier/neighbour-index'],
  },
  spool: { change: ['spool'], tests: ['spool/scratch', 'spool/spool', 'reduce'] },
  snapshot: {
    change: ['snapshot'],
    tests: below(
      'snapshot',
      'layout collection part-statistics documents neighbours-parquet checkpoint publish delta snapshot',
    ),
  },
  onnx: { change: ['onnx'], tests: ['onnx/onnx-graph', 'onnx/pillow-resize'] },
  pca: {
    change: ['pca'],
    tests: below(
      'pca',
      'elbow pca-options secular deflation moments decomposition projection symmetric-eigen pca',
    ),
  },
  photo: {
    change: ['photo'],
    tests: below(
      'photo',
      'photo-header photo-bombs-edges jpeg-blemishes tiff-directory heif-boxes heif-picture av1-sequence png-orientation decode-avif decode-gif tiff-photo libyuv other-formats photo-edges thumbnail photo-samples photo-pillow photo-messages photo-damage photo-heic resize profile-conversion photo photo-limits photo-bombs',
    ),
  },
  classifier: {
    change: ['classifier'],
    tests: [
      ...below('classifier', 'known folds trial neighbour-index classifier calibration learned'),
      'reduce-known',
      'identify/identify',
    ],
  },
  review: {
    change: ['review'],
    tests: below(
      'review',
      'lists shown sample registration arrangement picture-candidates thumbnails seen same-picture read-photos review',
    ),
  },
  reduce: {
    change: ['reduce'],
    tests: [
      'reduce',
      'reduce-estimate',
      'reduce-fit',
      'reduce-numbers',
      'reduce-known',
      'reduce-collection',
      'reduce-drivers',
      'spool/spool',
    ],
  },
  identify: { change: ['identify'], tests: ['identify/identify'] },
};

/** Files: those of the subject to change, instead of all. */
const [name = '', ...files] = process.argv.slice(2);
const subject = SUBJECTS[name];
if (subject === undefined) {
  console.error(`npm run mutation -- SUBJECT [FILE...]: one of ${Object.keys(SUBJECTS).join(', ')}`);
  process.exitCode = 1;
} else {
  mkdirSync(join(root, work), { recursive: true });
  const settings = join(work, `${name}.json`);
  writeFileSync(join(root, settings), JSON.stringify(settingsFor(name, subject)));
  const { status } = spawnSync('npx', ['--yes', '--package', STRYKER, 'stryker', 'run', settings], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}

function settingsFor(name: string, { change, tests }: { change: string[]; tests: string[] }) {
  return {
    mutate: files.length > 0 ? files : change.flatMap(sources),
    testRunner: 'in-process',
    plugins: ['./test/mutation/runner.mjs'],
    buildCommand: `node test/mutation/bundle.mjs ${tests.map((test) => `test/core/${test}.test.ts`).join(' ')}`,
    inProcess: { testFiles: tests.map((test) => `test/core/${test}.test.mjs`) },
    coverageAnalysis: 'perTest',
    dryRunTimeoutMinutes: 30,
    timeoutMS: 120_000, // most loops that never end are found by counting; a busy machine is none
    maxTestRunnerReuse: 150, // what was loaded stays in memory
    warnings: { unknownOptions: false },
    concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 1),
    tempDirName: work,
    ignorePatterns: ['/build', '/samples', '/docs', '/out*', '/.local'],
    tsconfigFile: 'none', // it would want the compiler of TypeScript 6
    disableTypeChecks: false, // tsx checks none
    reporters: ['clear-text', 'progress-append-only', 'json'],
    clearTextReporter: { allowColor: false, reportTests: false, logTests: false },
    jsonReporter: { fileName: join(work, `${name}-report.json`) },
  };
}

/** Names of tests in a folder of test/core. */
function below(folder: string, names: string): string[] {
  return names.split(' ').map((name) => `${folder}/${name}`);
}

/** A file of functions/core, or those of a folder. */
function sources(path: string): string[] {
  if (path.endsWith('.ts')) return [`functions/core/${path}`];
  return readdirSync(join(root, 'functions/core', path), { encoding: 'utf8', recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `functions/core/${path}/${file}`);
}

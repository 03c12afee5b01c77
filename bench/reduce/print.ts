/** The reduce benchmark's figures as tables, and as ratios against its targets. */
import {
  type Figures,
  FULL_FITS,
  INCREMENTAL_BATCHES,
  INCREMENTAL_ROWS,
  ML_PCA_ROWS,
  type Peer,
  type PeerFigures,
  PLAIN_ROWS,
  type Round,
} from './figures.ts';
import type { ReduceFigures } from './once.ts';

/** Prints every figure, the mean of all rounds. */
export function printFigures({
  sizes,
  rounds,
  fromTable,
  spark,
  plainAccumulate,
  mlPca,
  fits,
}: Figures): void {
  const ours = (what: string, figure: (reduce: ReduceFigures) => number) =>
    printRow(
      what,
      sizes.map((_, size) => mean(rounds.map(({ reduces }) => figure(reduces[size]!)))),
    );
  printRow(
    '\nVerger',
    sizes.map((size) => `${size} rows`),
  );
  for (const step of ['page', 'accumulate', 'project', 'write']) {
    ours(`${step}, rows/s`, (reduce) => reduce.result.rows / secondsOf(reduce, step));
  }
  ours('fit, s', (reduce) => secondsOf(reduce, 'fit'));
  ours('accumulate, fit, project and write, s', sameWork);
  for (const step of ['classify', 'compare', 'arrange'])
    ours(`${step}, s`, (reduce) => secondsOf(reduce, step));
  ours('spool to snapshot with these, s', spoolToSnapshot);
  ours('the same, processor time, s', ({ processorSeconds }) => processorSeconds);
  ours('whole reduce, s', (reduce) => reduce.milliseconds / 1000);
  ours('peak memory, MB', (reduce) => reduce.peakMegabytes);
  ours('Parquet, MB', (reduce) => reduce.parquetBytes / 1e6);
  printRow('page out of the local DynamoDB, rows/s', [fromTable.result.rows / secondsOf(fromTable, 'page')]);

  printRow(`accumulate ${INCREMENTAL_ROWS} rows out of memory, rows/s`, [
    mean(rounds.map(({ accumulate }) => accumulate)),
  ]);

  console.log('\nbeside it');
  const peers = (what: string, answers: Peer[][], figure: (peer: PeerFigures) => number) =>
    printRow(
      what,
      answers.map((rounds) => meanOrReason(rounds, figure)),
    );
  console.log('scikit-learn IncrementalPCA, f4');
  for (const [at, batch] of INCREMENTAL_BATCHES.entries()) {
    const incremental = [rounds.map((round) => round.incremental[at]!)];
    peers(
      `  partial fits of ${batch} rows: rows/s`,
      incremental,
      ({ seconds }) => INCREMENTAL_ROWS / seconds,
    );
  }
  for (const [at, { solver, precision }] of FULL_FITS.entries()) {
    const full = sizes.map((_, size) => rounds.map((round) => round.full[size]![at]!));
    console.log(`scikit-learn StandardScaler + PCA, ${solver}, ${precision}`);
    peers('  load and fit, s', full, ({ load, fit }) => load + fit);
    peers('  write by pyarrow, s', full, ({ write }) => write);
    peers('  together, s', full, ({ seconds }) => seconds);
    peers('  the same, processor time, s', full, ({ processorSeconds }) => processorSeconds);
    peers('  peak memory, MB', full, ({ peakMegabytes }) => peakMegabytes);
    peers('  explained variance off ours by, relative', full.slice(0, 1), ({ explainedVarianceRatio }) =>
      largestDifference(explainedVarianceRatio, rounds[0]!.reduces[0]!),
    );
  }
  console.log('PySpark StandardScaler + PCA');
  const once = spark.map((answer) => [answer]);
  peers('  fit, s', once, ({ fit }) => fit);
  peers('  together with project and write, s', once, ({ seconds }) => seconds);
  console.log('JavaScript');
  printRow(`  accumulate in plain loops, ${PLAIN_ROWS} rows: rows/s`, [plainAccumulate]);
  printRow(`  ml-pca of ${ML_PCA_ROWS} rows by its own SVD, s`, [mlPca]);
  printRow('  ml-pca out of the correlation matrix, s', [fits.mlPca]);
  printRow('  our fit out of the same moments, s', [fits.ours]);
}

/** Of accumulate, fit, project and write beside scikit-learn and pyarrow, by solver, precision and rows. */
const TARGETS: Record<string, string> = {
  'full f4 100000': '≤ 1',
  'full f8 100000': '≤ 1',
  'covariance_eigh f4 100000': '≤ 1.4',
  'covariance_eigh f8 100000': '≤ 0.9',
  'covariance_eigh f8 20000': '≤ 1.3',
};

/** Prints each target's ratio in every round, so that their spread shows. */
export function printTargets({ sizes, rounds, plainAccumulate, fits }: Figures): void {
  const last = sizes.length - 1;
  const rows = sizes[last]!;
  const ours = ({ reduces }: Round) => reduces[last]!;
  const target = (what: string, limit: string, figure: (round: Round) => number | string) =>
    printRow(`${what.padEnd(58)} ${limit}`, rounds.map(figure));

  console.log(`\ntargets, with ${rows} rows, by round`);
  for (const [at, batch] of INCREMENTAL_BATCHES.entries()) {
    target(`accumulate : IncrementalPCA, batches of ${batch}`, '≥ 8', (round) =>
      meanOrReason([round.incremental[at]!], (peer) => round.accumulate / (INCREMENTAL_ROWS / peer.seconds)),
    );
  }
  target('accumulate : plain loops', '≥ 20', ({ accumulate }) => accumulate / plainAccumulate);
  for (const [at, { solver, precision }] of FULL_FITS.entries()) {
    for (const [size, rows] of sizes.entries()) {
      const limit = TARGETS[`${solver} ${precision} ${rows}`] ?? '';
      const beside = (ours: (reduce: ReduceFigures) => number, theirs: (peer: PeerFigures) => number) => {
        return ({ full, reduces }: Round) =>
          meanOrReason([full[size]![at]!], (peer) => ours(reduces[size]!) / theirs(peer));
      };
      const what = `${rows} rows : ${solver}, ${precision}`;
      const seconds = (peer: PeerFigures) => peer.seconds;
      target(what, limit, beside(sameWork, seconds));
      target(`${what}, with what we add`, '', beside(spoolToSnapshot, seconds));
      const processor = (figures: { processorSeconds: number }) => figures.processorSeconds;
      target(`${what}, with it, processor time`, '', beside(processor, processor));
    }
  }
  target('fit : ml-pca out of the correlation matrix', '≤ 0.2', () => fits.ours / fits.mlPca);
  if (last > 0) {
    target(`time a row : time a row of ${sizes[0]} rows`, '≤ 1', ({ reduces: [few, many] }) => {
      const perRow = ({ milliseconds, result }: ReduceFigures) => milliseconds / result.rows;
      return perRow(many!) / perRow(few!);
    });
  }
  target('peak memory, MB', '< 1000', (round) => ours(round).peakMegabytes);
}

/** What scikit-learn and pyarrow do too, in seconds: without classifier, neighbours, arrangement and report. */
function sameWork(reduce: ReduceFigures): number {
  const steps = ['split', 'accumulate', 'fit', 'project', 'write'];
  return steps.reduce((sum, step) => sum + secondsOf(reduce, step), 0);
}

/** Everything but paging, in seconds. */
function spoolToSnapshot(reduce: ReduceFigures): number {
  return reduce.milliseconds / 1000 - secondsOf(reduce, 'page');
}

function secondsOf({ result }: ReduceFigures, step: string): number {
  return (result.milliseconds[step] ?? Number.NaN) / 1000;
}

/** Of the components that a result of reduce lists. */
function largestDifference(theirs: number[], { result }: ReduceFigures): number {
  return Math.max(...result.explainedVarianceRatio.map((value, i) => Math.abs(theirs[i]! / value - 1)));
}

function meanOrReason(answers: Peer[], figure: (peer: PeerFigures) => number): number | string {
  const figures: number[] = [];
  for (const answer of answers) {
    if ('skipped' in answer) return `skipped: ${answer.skipped}`;
    figures.push(figure(answer));
  }
  return mean(figures);
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function printRow(what: string, values: (number | string)[]): void {
  const shown = values.map((value) => (typeof value === 'string' ? value : format(value)).padStart(12));
  console.log(`${what.padEnd(50)} ${shown.join(' ')}`);
}

function format(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

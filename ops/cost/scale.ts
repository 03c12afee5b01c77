/** What one large reduce takes, phase by phase, on Step Functions; and on Spark, reading the same table. */
import { rangeRows, TREE } from '../../functions/core/reduce/tree.ts';
import { PART_ROWS } from '../../functions/core/snapshot/parts.ts';
import { BLOCK_ROWS } from '../../functions/core/spool/sorted-run.ts';
import { bytes, type Line, line, price, quantity, short, total } from './arithmetic.ts';
import { CLUSTER, DAYS_PER_MONTH, VERGER } from './assumptions.ts';
import { PRICES } from './prices.ts';
import { reportPhotos } from './verger.ts';

/** Measured where it says so, on two cores that count as four vCPUs; assumed where it says so. */
export const SCALE = {
  /** Rows of a task that reads the table, and of a range. */
  taskRows: 131_072,
  rangeRows: rangeRows(TREE),
  /** Quota of a table: read units a second, by default. */
  tableReadUnits: 40_000,
  /** serverless.yml: reduceConcurrency. */
  concurrency: 8,
  /** Bytes a second between S3 and one function. Assumed. */
  networkBytes: 75e6,
  /** Small requests to S3 a second from one function. Assumed. */
  requestsPerSecond: 1500,
  /** Rows a second that one function merges and sums: 32,000 on two cores, halved for vCPUs. */
  sumRows: 16_000,
  /** Rows a second that one function merges, projects and writes: 18,000 on two cores, halved. */
  writeRows: 9000,
  /** Bytes of a row among work files: features, and some 200 of path, label and ETag. */
  workBytes: 5320,
  /** Bytes of a range's moments: 1280² numbers of float64. */
  momentBytes: 13.1e6,
  /** Seconds of a start, and of a fit. Measured: 1 to 2. */
  startSeconds: 2,
  /** Days until a lifecycle rule removes work files. */
  workDays: 3,
} as const;

interface Phase {
  name: string;
  tasks: number;
  /** Of one task. */
  seconds: number;
  /** From its beginning to its end, with so many tasks at once. */
  wall: number;
}

/** The phases of a reduce of so many photos. */
export function phasesOf(photos: number, concurrency: number = SCALE.concurrency): Phase[] {
  const gathers = Math.ceil(photos / SCALE.taskRows);
  const ranges = Math.ceil(photos / SCALE.rangeRows);
  const rangeRows = photos / ranges;
  const reading = (rangeRows * SCALE.workBytes) / SCALE.networkBytes;
  // The table's quota, shared by the tasks at once: more of them only wait for it.
  const atOnce = Math.min(concurrency, gathers);
  const share = SCALE.tableReadUnits / VERGER.readUnits / atOnce;
  const phase = (name: string, tasks: number, seconds: number): Phase => ({
    name,
    tasks,
    seconds: seconds + SCALE.startSeconds,
    wall: Math.ceil(tasks / concurrency) * (seconds + SCALE.startSeconds),
  });
  return [
    phase(
      'gather',
      gathers,
      photos / gathers / share + ((photos / gathers) * SCALE.workBytes) / SCALE.networkBytes,
    ),
    phase('split', 1, (gathers * (ranges - 1)) / SCALE.requestsPerSecond),
    phase('assemble', ranges, reading + rangeRows / SCALE.sumRows),
    phase('fit', 1, (ranges * SCALE.momentBytes) / SCALE.networkBytes + SCALE.startSeconds),
    phase('project', ranges, reading + rangeRows / SCALE.writeRows),
    phase(
      'publish',
      1,
      photos / PART_ROWS / SCALE.requestsPerSecond +
        SCALE.startSeconds +
        reportPhotos(photos) * VERGER.reportPhotoSeconds,
    ),
  ];
}

/** Cost of one reduce. */
export function scaleLines(photos: number): Line[] {
  const phases = phasesOf(photos);
  const gathers = phases[0]!.tasks;
  const ranges = phases[2]!.tasks;
  const seconds = phases.reduce((sum, { tasks, seconds }) => sum + tasks * seconds, 0);
  const puts = photos / BLOCK_ROWS + 3 * gathers + 6 * ranges + photos / PART_ROWS;
  const gets = 3 * gathers * ranges + reportPhotos(photos);
  return [
    line(
      'DynamoDB, reading',
      quantity(photos, 'photos'),
      quantity(VERGER.readUnits, 'units'),
      price('dynamodbRead'),
    ),
    line(
      'Lambda, time',
      quantity(Math.round(seconds), 's'),
      quantity(VERGER.reduceGb, 'GB'),
      price('lambdaCompute'),
    ),
    line('S3, writing', quantity(Math.round(puts), 'requests'), price('s3Put')),
    line('S3, reading', quantity(gets, 'requests'), price('s3Get')),
    line(
      `S3, work files for ${SCALE.workDays} days`,
      quantity(photos, 'photos'),
      bytes(SCALE.workBytes),
      quantity(SCALE.workDays / DAYS_PER_MONTH, 'months'),
      price('s3Storage'),
    ),
    line('Step Functions', quantity(2 * (gathers + 2 * ranges) + 8, 'transitions'), price('stateTransition')),
  ];
}

/** Describes one large reduce of each size, beside Spark. */
export function describeScale(sizes: readonly number[]): string {
  return sizes
    .flatMap((photos) => [...describeOne(photos), ''])
    .join('\n')
    .trimEnd();
}

function describeOne(photos: number): string[] {
  const phases = phasesOf(photos);
  const wide = phasesOf(photos, 5 * SCALE.concurrency);
  const wallOf = (all: Phase[]) => all.reduce((sum, { wall }) => sum + wall, 0);
  const snapshot = line('', quantity(photos, 'photos'), bytes(VERGER.rowBytes), price('s3Storage'));
  const lines = scaleLines(photos);
  return [
    `${short(photos)} photos`,
    'phase     tasks   s a task   minutes, 8 at once   40 at once',
    ...phases.map(({ name, tasks, seconds, wall }, at) =>
      [
        name.padEnd(9),
        String(tasks).padStart(6),
        seconds.toFixed(0).padStart(11),
        (wall / 60).toFixed(1).padStart(21),
        (wide[at]!.wall / 60).toFixed(1).padStart(13),
      ].join(''),
    ),
    `${'all'.padEnd(26)}${(wallOf(phases) / 60).toFixed(1).padStart(21)}${(wallOf(wide) / 60).toFixed(1).padStart(13)}`,
    ...lines.map(({ what, factors, usd }) =>
      row(usd, `${what} = ${factors.map(({ text }) => text).join(' × ')}`),
    ),
    row(total(lines), 'one reduce'),
    row(30 * total(lines), 'a reduce every day, a month'),
    row(VERGER.snapshotDays * snapshot.usd, `${VERGER.snapshotDays} daily snapshots kept, a month`),
    row(7 * snapshot.usd, '7 daily snapshots kept, a month (--param snapshotDays=7)'),
    describeSpark(photos),
  ];
}

/** In Spark's favour: it reads at half the units, as its connector does, at the table's quota; it spreads over all workers. */
function describeSpark(photos: number): string {
  const workers = Math.max(2, Math.ceil(photos / 5e6));
  const units = (photos * VERGER.readUnits) / 2;
  const seconds =
    units / SCALE.tableReadUnits +
    (photos * (1 / SCALE.sumRows + 1 / SCALE.writeRows) * 2) / (workers * CLUSTER.vcpusPerNode);
  const hours = CLUSTER.startHours + seconds / 3600;
  const nodes = workers + 1;
  const usd = nodes * hours * (PRICES.m5xlarge.usd + PRICES.emrFee.usd) + units * PRICES.dynamodbRead.usd;
  return row(
    usd,
    `EMR ${nodes} × m5.xlarge on Spark, started for it: ${(60 * hours).toFixed(0)} minutes, and half the read units`,
  );
}

function row(usd: number, what: string): string {
  return `${usd.toFixed(2).padStart(11)}  ${what}`;
}

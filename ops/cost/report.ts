/** What `npm run cost` prints: every sum with its arithmetic. */
import { type Line, short, total } from './arithmetic.ts';
import { VERGER } from './assumptions.ts';
import { type Range, rangesWhere } from './break-even.ts';
import { CLUSTER_PLANS, type Workload } from './clusters.ts';
import { featurizeLines, identifyLines, keepLines, reduceLines, sharedLines } from './verger.ts';

/** Describes the cost of a month of work, beside clusters. */
export function describeCost(workload: Workload): string {
  const { photos, reducesPerMonth } = workload;
  const job = jobLines(workload);
  const shared = sharedLines(photos, reducesPerMonth);
  const all = total([...job, ...shared]);
  const reduces = reducesPerMonth === 1 ? '1 reduce' : `${short(reducesPerMonth)} reduces`;
  return [
    `${short(photos)} photos arrive in a month, ${reduces} of all of them. USD in eu-west-1.`,
    '',
    'Featurizing, once',
    ...featurizeLines(photos, 'small').map(lineRow),
    'Keeping features, a month',
    ...keepLines(photos).map(lineRow),
    'Reducing, a month',
    ...reduceLines(photos, reducesPerMonth).map(lineRow),
    row(total(job), 'the job: what a cluster would replace'),
    '',
    'What a cluster would need as well, a month',
    ...shared.map(lineRow),
    row(all, 'the whole month'),
    row(all - total(featurizeLines(photos, 'small')), 'a later month, with reduces but no new photos'),
    '',
    'A million photos, featurized once',
    row(total(featurizeLines(1e6, 'small')), 'of 350 pixels'),
    row(total(featurizeLines(1e6, 'phone')), 'of 12 megapixels'),
    '',
    'A million photos, identified, where that is deployed',
    ...identifyLines(1e6).map(lineRow),
    '',
    'The job on a cluster, a month',
    ...CLUSTER_PLANS.map(({ cost }) => lineRow(cost(workload))),
    '',
    `Photos a month with which the cluster is cheaper, at ${reduces}, about`,
    ...describeWhere((amount) => ({ photos: amount, reducesPerMonth }), VERGER.reduceMaxRows),
    '',
    `Reduces a month with which the cluster is cheaper, at ${short(photos)} photos, about`,
    ...describeWhere((amount) => ({ photos, reducesPerMonth: amount }), MOST),
    '',
    `* more than the ${short(VERGER.reduceMaxRows)} photos that one function reduces: Step Functions do, by npm run cost -- --scale N`,
  ].join('\n');
}

function jobLines({ photos, reducesPerMonth }: Workload): Line[] {
  return [...featurizeLines(photos, 'small'), ...keepLines(photos), ...reduceLines(photos, reducesPerMonth)];
}

function lineRow({ what, factors, usd }: Line): string {
  return row(usd, `${what} = ${factors.map(({ text }) => text).join(' × ')}`);
}

function row(usd: number, what: string): string {
  return `${usd.toFixed(2).padStart(11)}  ${what}`;
}

/** 2^30, a billion: beyond this nobody asks. */
const MOST = 2 ** 30;

function describeWhere(workloadOf: (amount: number) => Workload, possible: number): string[] {
  return CLUSTER_PLANS.map(({ name, cost }) => {
    const isCheaper = (amount: number) => cost(workloadOf(amount)).usd < total(jobLines(workloadOf(amount)));
    const ranges = rangesWhere(isCheaper, MOST);
    const text = ranges.map(({ from, to }) => describeRange({ from, to }, possible)).join(', ') || 'never';
    return `  ${`${name}:`.padEnd(WIDEST_NAME + 2)}${text}`;
  });
}

const WIDEST_NAME = Math.max(...CLUSTER_PLANS.map(({ name }) => name.length));

/** @param possible greater numbers get a mark */
function describeRange({ from, to }: Range, possible: number): string {
  const mark = (amount: number) =>
    `${amount.toLocaleString('en-US', { maximumSignificantDigits: 3 })}${amount > possible ? '*' : ''}`;
  if (to === MOST) return from === 1 ? 'always' : `from ${mark(from)}`;
  return from === 1 ? `up to ${mark(to)}` : `from ${mark(from)} to ${mark(to)}`;
}

import type { Plan } from './plan.ts';
import type { Story } from './shrink.ts';

/** Tells a broken promise, and how to see it again. */
export function tell({ world, seed, operations }: Plan, story: Story): string {
  const { rule, key, detail } = story.violation;
  return [
    `BROKEN: ${rule}`,
    `${key === undefined ? '' : `${key}: `}${detail}`,
    '',
    `World ${seed}, ${world}. Of its ${operations.length} operations it takes ${story.operations.length}, and ${count(story.faults)}:`,
    ...story.faults.map((fault) => `  ${fault}`),
    '',
    ...story.trace,
    '',
    `Again: npm run simulate -- --world ${world} --seed ${seed} --deliveries 1`,
  ].join('\n');
}

function count({ length }: string[]): string {
  if (length === 0) return 'no fault';
  return length === 1 ? 'one fault' : `${length} faults`;
}

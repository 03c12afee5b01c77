/**
 * Writes a Delta Lake table as reduce does, for other implementations to read: `npx tsx test/interop/delta-table.ts FOLDER FROM TO
 * [ID [PREFIX]]` publishes snapshots FROM to TO − 1, one a day, which are kept for 30 days; of one collection where there is a
 * PREFIX. Snapshots 1 and 2 are large: several parts, and names that sort differently in UTF-8 and UTF-16.
 */
import { join } from 'node:path';
import type { FeaturizedItem } from '../../functions/core/ports.ts';
import { featurized, portsFor, reduceAsAsked, tableOf } from '../core/reduce-fixture.ts';
import { createFolderSnapshots } from '../folder-snapshots.ts';
import { createFolderTable } from '../folder-table.ts';
import { StillClock } from '../memory.ts';

const [root = '', from = '0', to = '0', id = 'a1', prefix = ''] = process.argv.slice(2);
const DAY = 24 * 3600 * 1000;
const snapshots = createFolderSnapshots(root);
const table = createFolderTable(root);

for (let n = Number(from); n < Number(to); n++) {
  const clock = new StillClock(Date.UTC(2026, 0, 2, 3, 4, 5) + n * DAY + 0.25); // fractions, as the real one has
  const ports = portsFor(join(root, `tmp-${id}`), { features: tableOf(photos(n)), clock, id: () => id });
  const result = await reduceAsAsked(
    { ...ports, snapshots, table, snapshotDays: 30 },
    { components: 2, prefix },
  );
  console.log(JSON.stringify({ n, snapshot: result.snapshot, rows: result.rows, current: result.current }));
}

function photos(n: number): FeaturizedItem[] {
  const rows = n === 1 ? 40_000 : n === 2 ? 35_000 : 100 + n;
  const photos = Array.from({ length: rows }, (_, index) => featurized(index, 4, { width: 100 + n }));
  const odd = ['\u{1F34E} Äpfel', '\uFF21 wide', 'a "quote", 50 %', 'x'.repeat(300)];
  return [
    ...photos,
    ...odd.map((label, index) => featurized(1_000_000 + index, 4, { key: `${label}/${n}: 1.jpg`, label })),
  ];
}

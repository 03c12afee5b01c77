import type { TableStore } from '../ports.ts';
import { beganBefore, FILES_FOLDER, parseSnapshotName, ROWS_FOLDER } from './layout.ts';

/**
 * Removes the snapshots that began before a time, whole or not: but never the current one, any that began after it, or the
 * one that it replaced, which somebody may still read.
 *
 * @param expired milliseconds since the epoch
 */
export async function expireSnapshots(
  table: TableStore,
  { current, replaced, expired }: { current: string; replaced: string | undefined; expired: number },
): Promise<void> {
  const folders = [...(await table.folders(ROWS_FOLDER)), ...(await table.folders(FILES_FOLDER))];
  for (const folder of folders) {
    const name = folder.slice(folder.lastIndexOf('/', folder.length - 2) + 1, -1).replace(/^snapshot=/, '');
    const startedAt = parseSnapshotName(name);
    if (startedAt === undefined || startedAt >= expired) continue;
    if (name === replaced || !beganBefore(name, current)) continue;
    for await (const page of table.list(folder)) await table.remove(page.map(({ key }) => key));
  }
}

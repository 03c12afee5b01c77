/** What `npm start` says at its end, read back from the files it wrote. */
import { readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { printable } from '../printable.ts';
import type { Account } from './account.ts';
import { type Manifest, manifestFiles } from './out-folder.ts';

const ROWS = 5;
const NUMBERS = 3;
const REFUSALS = 5;

/** Describes a snapshot copied to a folder, and what became of the photos. */
export async function summarize(
  out: string,
  manifest: Manifest,
  account: Account,
  skipped: number,
): Promise<string> {
  return [
    await firstRows(out, manifest),
    await explainedVariance(out, manifest),
    describePhotos(account, skipped),
    ...manifest.warnings.map((warning) => `warning: ${warning}`),
    await writtenFiles(out, manifest),
  ].join('\n\n');
}

/**
 * Counts of photos, and what was wrong with those that were refused.
 *
 * @param skipped files that were not uploaded
 */
export function describePhotos({ featurized, refused, missing }: Account, skipped: number): string {
  const refusals = [...refused.values()].flat().length;
  const lines = [
    `photos: ${featurized + refusals + missing.length}, featurized: ${featurized}, refused: ${refusals}${skipped > 0 ? `, not uploaded: ${skipped}` : ''}`,
  ];
  for (const [reason, photos] of refused) {
    lines.push(`  ${reason}: ${photos.length}`);
    for (const { key, detail } of photos.slice(0, REFUSALS))
      lines.push(`    ${printable(key)}: ${printable(detail)}`);
    if (photos.length > REFUSALS) lines.push(`    and ${photos.length - REFUSALS} more`);
  }
  return lines.join('\n');
}

async function firstRows(out: string, manifest: Manifest): Promise<string> {
  const file = await asyncBufferFromFile(join(out, manifestFiles(manifest)[0]?.name ?? ''));
  const columns = ['path', 'label', 'features', 'pca_features'];
  const first = await parquetReadObjects({
    file,
    compressors,
    columns,
    rowEnd: Math.min(ROWS, manifest.rows),
  });
  const cells = first.map(({ path, label, features, pca_features }) => [
    printable(String(path)),
    printable(String(label ?? '')),
    beginning(features),
    beginning(pca_features),
  ]);
  return alignColumns([columns, ...cells]);
}

function beginning(values: Iterable<number>): string {
  const numbers = [...values];
  const shown = numbers.slice(0, NUMBERS).map((value) => value.toFixed(3));
  return `${shown.join(' ')}${numbers.length > NUMBERS ? ` … (${numbers.length})` : ''}`;
}

function alignColumns(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

async function explainedVariance(out: string, manifest: Manifest): Promise<string> {
  const pca = JSON.parse(await readFile(join(out, 'pca.json'), 'utf8')) as {
    explained_variance_ratio: number[];
  };
  const ratios = pca.explained_variance_ratio;
  const percent = (share: number) => (100 * share).toFixed(1);
  const cumulative = ratios.map((_, k) => ratios.slice(0, k + 1).reduce((sum, ratio) => sum + ratio, 0));
  const table = alignColumns([
    ['component', ...ratios.slice(0, 8).map((_, k) => String(k + 1))],
    ['variance %', ...ratios.slice(0, 8).map(percent)],
    ['cumulative %', ...cumulative.slice(0, 8).map(percent)],
  ]);
  const total = percent(manifest.explained_variance_share);
  return `${manifest.components} components explain ${total} % of the variance of ${manifest.rows} photos\n${table}`;
}

async function writtenFiles(out: string, manifest: Manifest): Promise<string> {
  const names = manifestFiles(manifest).map(({ name }) => name);
  const lines = [...names, 'manifest.json'].map(async (name) => {
    const { size } = await stat(join(out, name));
    return [relative('', join(out, name)), `${Math.ceil(size / 1024)} KB`];
  });
  return `written:\n${alignColumns(await Promise.all(lines)).replace(/^/gm, '  ')}`;
}

import { KEY_COLUMN } from '../key-names.ts';
import type { SnapshotRows } from './rows.ts';

const PIECE = 2 ** 16;

/** The header of the CSV: `path,label,pca0,…`, named as scikit-learn names them. */
export function csvHeader(components: number): string {
  return `${[KEY_COLUMN, 'label', ...Array.from({ length: components }, (_, i) => `pca${i}`)].join(',')}\r\n`;
}

/**
 * Rows as CSV after RFC 4180, in pieces of about 64 KB: CRLF, quotes where needed, nothing for an absent
 * label. Paths and labels stand as they are stored, because other tables are joined to them: a program
 * that takes a field beginning with `=` for a formula must be told to import text, or be given an apostrophe before it.
 * Numbers have 9 digits, from which the float32 parses back exactly.
 *
 * @param isForSpreadsheets whether text that spreadsheets take for a formula gets that apostrophe (OWASP, "CSV Injection")
 */
export function* encodeCsv(
  { rows, pcaFeatures }: SnapshotRows,
  isForSpreadsheets = false,
): Generator<string> {
  const quote = isForSpreadsheets ? (field: string) => quoted(field.replace(/^[=+\-@\t\r]/, "'$&")) : quoted;
  const k = pcaFeatures.length / rows.length;
  let text = '';
  for (const [index, { key, label }] of rows.entries()) {
    const numbers = Array.from(pcaFeatures.subarray(index * k, (index + 1) * k), (value) =>
      Number(value.toPrecision(9)),
    );
    text += `${quote(key)},${label === null ? '' : quote(label)},${numbers.join()}\r\n`;
    if (text.length >= PIECE) {
      yield text;
      text = '';
    }
  }
  yield text;
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) || field === '' ? `"${field.replaceAll('"', '""')}"` : field;
}

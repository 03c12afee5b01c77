/** `report.html`: what a person looks at after a reduce. One file, complete in itself. */
import { createHash } from 'node:crypto';
import { VergerError } from '../errors.ts';
import { formatCount, formatShare, formatTime } from './format.ts';
import { type Html, html, jsonForScript } from './html.ts';
import { packPayload, shareOf } from './payload.ts';
import { facts, leftOut, photoMap, varianceByComponent, warnings, whatWasRun } from './sections.ts';
import { STYLE } from './style.ts';

/** Everything the report shows. Strings may hold anything: none is trusted as markup. */
export interface ReportData {
  /** Folder of the snapshot. */
  snapshot: string;
  /** ISO 8601 UTC. */
  createdAt: string;
  model: string;
  /** Features of each photo. */
  dimension: number;
  /** Photos used, ≥ 1. */
  rows: number;
  /** As asked: components is a whole number, a share of the variance in (0, 1], `elbow` or `all`. */
  options: { components: number | 'elbow' | 'all'; standardize: boolean; projection: 'centered' | 'spark' };
  /** Components kept, ≥ 1. */
  components: number;
  /** The eigenvalues known, descending: at least those of the components kept. */
  spectrum: number[];
  /** Sum of all eigenvalues. */
  totalVariance: number;
  /** Number of components at the elbow of the spectrum, and by which method. */
  elbow?: { components: number; method: string } | undefined;
  /** Photos used by label, in any order; null: without a label. */
  labels: { label: string | null; count: number }[];
  /** Photos refused, by reason. */
  refused: { reason: string; count: number }[];
  /** Items of the table left out for other reasons, in words. */
  skipped: { why: string; count: number }[];
  durations: { step: string; milliseconds: number }[];
  warnings: string[];
  /** Photos used, or those that {@link isDrawn} picks of them, in any order. */
  points: ReportPoint[];
}

/** A photo's first two PCA columns, finite; `y` is not read where only one component was kept. */
export interface ReportPoint {
  photo: string;
  label: string | null;
  x: number;
  y: number;
}

/** Most points the scatter plot draws. */
export const MOST_POINTS = 8000;

/**
 * Whether the scatter plot draws this row of a snapshot: all rows up to {@link MOST_POINTS}, then that many
 * at even distances, which keeps every label's share because rows are sorted by path.
 *
 * @param row place of the row in the snapshot, from 0
 * @param rows number of rows of the snapshot
 */
export function isDrawn(row: number, rows: number): boolean {
  if (rows <= MOST_POINTS) return true;
  return Math.floor(((row + 1) * MOST_POINTS) / rows) > Math.floor((row * MOST_POINTS) / rows);
}

/**
 * Renders the report as one HTML document that asks nothing of any network: its Content-Security-Policy
 * forbids every fetch, and only the page's own script and style sheet, named by their SHA-256, run.
 * The same data gives the same bytes.
 *
 * @param client the text of the bundled script (`report-client.ts`), to stand in a `<script>` element
 * @throws VergerError `BAD_BUNDLE` if the script could end its own element
 * @throws ContractBroken if a point has a label that `data.labels` does not list
 */
export function renderReport(data: ReportData, client: string): string {
  if (/<\/script|<!--/i.test(client)) {
    throw new VergerError(
      'BAD_BUNDLE',
      "the report's script contains `</script` or `<!--`, which would end it inside the page: bundle it with esbuild, which escapes both",
    );
  }
  const payload = packPayload(data);
  const policy = [
    "default-src 'none'",
    `script-src ${hashSource(client)}`,
    `style-src ${hashSource(STYLE)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${headline(data)} · ${data.snapshot}</title>
<link rel="icon" href="data:,">
<style>${asIs(STYLE)}</style>
</head>
<body>
<header>
<p class="above">Verger · a snapshot of photo features</p>
<h1>${headline(data)}</h1>
<p class="soft">${formatTime(data.createdAt)}, by <code>${data.model}</code></p>
${facts(data)}
${warnings(data)}
</header>
<main>
<noscript><p>The charts need JavaScript. Their numbers are in the tables below.</p></noscript>
${varianceByComponent(data)}
${photoMap(data, payload)}
${leftOut(data)}
${whatWasRun(data)}
</main>
<footer><p>Charts drawn with Apache ECharts (Apache License 2.0; The Apache Software Foundation) and
ZRender (BSD 3-Clause; Baidu Inc.). This file is complete in itself and loads nothing.</p></footer>
<script type="application/json" id="payload">${jsonForScript(payload)}</script>
<script>${asIs(client)}</script>
</body>
</html>
`.markup;
}

function headline({ rows, components, spectrum, totalVariance, labels }: ReportData): string {
  const kept = spectrum.slice(0, components).reduce((sum, value) => sum + value, 0);
  const photos = rows === 1 ? '1 photo' : `${formatCount(rows)} photos`;
  const named = labels.filter(({ label }) => label !== null).length;
  const of = named > 1 ? ` of ${formatCount(named)} labels` : '';
  const parts = components === 1 ? '1 component' : `${formatCount(components)} components`;
  return `${photos}${of} in ${parts}, which hold${components === 1 ? 's' : ''} ${formatShare(shareOf(kept, totalVariance))} of the variance`;
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** Marks text as finished markup: for the style sheet and the script only, which the project wrote. */
function asIs(markup: string): Html {
  return { markup };
}

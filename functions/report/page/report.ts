/** `report.html`: what a person looks at after a reduce. One file, complete in itself. */
import { createHash } from 'node:crypto';
import { VergerError } from '../../core/errors.ts';
import { formatCount, formatShare, formatTime } from '../shared/format.ts';
import type { ReportData } from '../shared/report-data.ts';
import { type Html, html, jsonForScript } from './html.ts';
import { photosToLookAt } from './look.ts';
import { packPayload, shareOf } from './pack-payload.ts';
import { facts, leftOut, photoMap, varianceByComponent, warnings, whatWasRun } from './sections.ts';
import { STYLE } from './style.ts';
import { howItWasTried } from './validation.ts';

/**
 * Renders the report as one HTML document that asks nothing of any network: its Content-Security-Policy
 * forbids every fetch, and only the page's own script and style sheet, named by their SHA-256, run.
 * The same data gives the same bytes.
 *
 * @param client the text of the bundled script (`client/main.ts`), to stand in a `<script>` element
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
  const { payload, placeOf } = packPayload(data);
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
${photosToLookAt(data, placeOf)}
${photoMap(data, payload)}
${varianceByComponent(data)}
${howItWasTried(data)}
${leftOut(data)}
${whatWasRun(data)}
</main>
<aside id="panel" aria-label="A photo and those most like it" hidden></aside>
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

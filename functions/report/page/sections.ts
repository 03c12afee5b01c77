/** The sections of the report, each from the data to its markup. */
import { REFUSAL_REASONS, type RefusalReason } from '../../core/errors.ts';
import { centroids } from '../shared/centroids.ts';
import { decodeWholes, unpackColumn } from '../shared/columns.ts';
import {
  countOf,
  formatCount,
  formatDuration,
  formatShare,
  formatTime,
  formatValue,
} from '../shared/format.ts';
import { compareLabels, UNLABELLED } from '../shared/labels.ts';
import { markOf, SHAPES } from '../shared/marks.ts';
import type { Payload } from '../shared/payload.ts';
import type { ReportData } from '../shared/report-data.ts';
import { type Html, html } from './html.ts';
import { drawnShares, reachedBy, shareOf } from './pack-payload.ts';

/** The six figures a reader looks for first. */
export function facts(data: ReportData): Html {
  const refused = data.refused.reduce((sum, { count }) => sum + count, 0);
  return html`<dl class="facts">
${fact('Photos used', formatCount(data.rows))}
${fact('Labels', formatCount(data.labels.filter(({ label }) => label !== null).length))}
${fact('Features per photo', formatCount(data.dimension))}
${fact('Components kept', formatCount(data.components))}
${fact('Variance held', formatShare(sharesHeld(data).at(data.components - 1) ?? 0))}
${fact('Photos refused', formatCount(refused))}
</dl>`;
}

/** What the reader must know before believing the rest; nothing where there is nothing. */
export function warnings(data: ReportData): Html | undefined {
  if (data.warnings.length === 0) return undefined;
  return html`<div class="warnings" role="note"><h2>${data.warnings.length === 1 ? 'A warning' : 'Warnings'}</h2>
<ul>${data.warnings.map((warning) => html`<li>${warning}</li>`)}</ul></div>`;
}

/** The scree plot, and its numbers for those who cannot see it. */
export function varianceByComponent(data: ReportData): Html {
  const drawn = drawnShares(data);
  const held = sharesHeld(data);
  const kept = formatShare(held.at(data.components - 1) ?? 0);
  const elbow = data.elbow
    ? ` The elbow, by ${data.elbow.method}, is at ${countOf(data.elbow.components, 'component')}.`
    : '';
  const reached = reachedBy(data)
    .map(({ share, components }) => `${formatCount(components)} hold ${Math.round(100 * share)}%`)
    .join(', ');
  const levels = reached === '' ? '' : ` Of the components, ${reached} (dotted).`;
  const known =
    drawn.length < data.spectrum.length
      ? ` Drawn are the first ${formatCount(drawn.length)} of ${formatCount(data.spectrum.length)}.`
      : '';
  return html`<section>
<h2>How much each component holds</h2>
<p class="soft">${countOf(data.components, 'component')} kept, with ${kept} of the variance.${levels}${elbow}${known}</p>
<figure><div class="chart" id="scree" role="img" aria-label="Scree plot: the first component holds ${formatShare(drawn[0] ?? 0)} of the variance, the ${countOf(data.components, 'component')} kept hold ${kept}.${elbow} The numbers are in the table that follows."></div></figure>
<details><summary>The same in numbers</summary><div class="scroll" tabindex="0" role="region" aria-label="Variance by component"><table>
<thead><tr><th scope="col">Component<th scope="col" class="n">Variance<th scope="col" class="n">Share<th scope="col" class="n">Share so far</thead>
<tbody>${drawn.map((share, at) => html`<tr><td>${at + 1}<td class="n">${formatValue(data.spectrum[at] ?? 0)}<td class="n">${formatShare(share)}<td class="n">${formatShare(held[at] ?? 0)}`)}</tbody>
</table></div></details>
<div id="ends"></div>
</section>`;
}

/** The map of photos beside the table of labels. */
export function photoMap(data: ReportData, payload: Payload): Html {
  const flat = data.components === 1;
  const drawn = data.points.length;
  const sampled =
    drawn < data.rows
      ? `${formatCount(drawn)} of ${formatCount(data.rows)} photos, picked evenly by label`
      : countOf(data.rows, 'photo');
  const about = flat
    ? 'Only one component was kept. Photos lie along it; their height is the order of their paths, so that each folder makes a band.'
    : 'Photos that look alike to the model lie close together.';
  const columns = payload.points.components.map(unpackColumn);
  const x = columns[0] ?? [];
  const y = columns[1] ?? x.map(() => 0);
  const labels = Array.from(decodeWholes(payload.photos.label)).slice(0, drawn);
  const spread = centroids(labels, x, y);
  return html`<section id="photos">
<h2>${flat ? 'The photos along the first component' : 'The photos as a map'}</h2>
<p class="soft">${sampled}. ${about}<span class="screen"> Drag to move, wheel or pinch to enlarge until points become pictures; press a point for its neighbours.</span>${pictured(data)}</p>
<div class="tools" id="tools"></div>
<div class="map" id="beside">
<figure><div class="chart" id="map" role="group" tabindex="0" aria-label="Scatter plot of ${countOf(drawn, 'photo')} on the first ${flat ? 'component' : 'two components'}, coloured by label. Arrow keys move it, plus and minus enlarge it, 0 shows the whole. Where each label lies is in the table that follows."></div></figure>
${labelTable(data)}
</div>
<div id="selection" role="status" hidden></div>
<details><summary>Where each label lies, in numbers</summary><div class="scroll" tabindex="0" role="region" aria-label="Centre of each label"><table>
<thead><tr><th scope="col">Label<th scope="col" class="n">Component 1${flat ? '' : html`<th scope="col" class="n">Component 2`}<th scope="col" class="n">Spread</thead>
<tbody>${spread.map(({ label, x, y, spread }) => html`<tr><td>${name(payload.labels[label] ?? null)}<td class="n">${formatValue(x)}${flat ? '' : html`<td class="n">${formatValue(y)}`}<td class="n">${formatValue(spread)}`)}</tbody>
</table></div><p class="soft">Medians of the photos drawn; spread is the median distance from them.</p></details>
<svg width="0" height="0" aria-hidden="true" focusable="false"><defs>${SHAPES.map(({ path }, at) => html`<path id="m${at}" d="${path}"/>`)}</defs></svg>
</section>`;
}

/** How many photos the page has pictures of, and why not of all. */
function pictured({ pictures }: ReportData): string {
  if (pictures === undefined) return ' This report holds no pictures.';
  const { made, wanted, gone, ended } = pictures;
  const why = {
    all: '',
    bytes: ': no more fit into its size',
    time: ': no more were made in the time there was',
  }[ended];
  const missing = gone > 0 ? `; ${countOf(gone, 'photo')} could not be read any more` : '';
  return ` The page holds pictures of ${formatCount(made)} of ${formatCount(wanted)}${why}${missing}.`;
}

/** Every label with its mark and its photos; the page's script makes it the chart's legend and filter. */
function labelTable(data: ReportData): Html {
  const labels = [...data.labels].sort((a, b) => compareLabels(a.label, b.label));
  if (!labels.some(({ label }) => label !== null)) {
    return html`<aside class="labels"><h3>Labels</h3><p class="soft">No photo has a label: a photo's label is its parent folder, and none lies in one.</p></aside>`;
  }
  return html`<aside class="labels" aria-label="Labels">
<div class="find"><input type="search" id="find" placeholder="Find a label" aria-label="Find a label" autocomplete="off" spellcheck="false" hidden></div>
<p class="told"><span id="told" role="status">${countOf(labels.length, 'label')}</span><button class="clear" id="clear" type="button" hidden>Show all</button></p>
<div class="scroll"><table>
<thead><tr><th scope="col">Label<th scope="col" class="n">Photos</thead>
<tbody id="labels">${labels.map(
    ({ label, count }, at) =>
      html`<tr><th scope="row"><button type="button" aria-pressed="false">${swatch(label, at)}<span>${name(label)}</span></button><td class="n">${formatCount(count)}`,
  )}</tbody>
</table></div></aside>`;
}

/** What the table of features holds beside the photos used. */
export function leftOut(data: ReportData): Html {
  const refused = data.refused.filter(({ count }) => count > 0);
  const named = data.refusedPhotos ?? [];
  const total = refused.reduce((sum, { count }) => sum + count, 0);
  const skipped = data.skipped.filter(({ count }) => count > 0);
  return html`<section>
<h2>What was left out</h2>
<div class="two">
<div><h3>Refused photos</h3>${
    refused.length === 0
      ? html`<p class="soft">No photo was refused.</p>`
      : html`<table><thead><tr><th scope="col">Reason<th scope="col" class="n">Photos</thead>
<tbody>${refused.map(({ reason, count }) => html`<tr><th scope="row"><code>${reason}</code><br>${meaningOf(reason)}<td class="n">${formatCount(count)}`)}</tbody></table>`
  }</div>
<div><h3>Other items</h3>${
    skipped.length === 0
      ? html`<p class="soft">Nothing else was left out.</p>`
      : html`<table><thead><tr><th scope="col">Why<th scope="col" class="n">Items</thead>
<tbody>${skipped.map(({ why, count }) => html`<tr><th scope="row">${why}<td class="n">${formatCount(count)}`)}</tbody></table>`
  }</div>
</div>
${
  named.length === 0
    ? undefined
    : html`<h3 id="refused">Refused photos by key</h3>
<p class="soft">${named.length < total ? `The first ${formatCount(named.length)} of ${formatCount(total)}. ` : ''}Once mended or replaced in the bucket, a photo is featurized by itself.</p>
<div class="scroll tall" tabindex="0" role="region" aria-label="Refused photos"><table><thead><tr><th scope="col">Photo<th scope="col">Reason<th scope="col">What was found</thead>
<tbody>${named.map(({ key, reason, detail }) => html`<tr><th scope="row" class="key">${key}<td><code>${reason}</code><td>${detail}`)}</tbody></table></div>`
}
</section>`;
}

/** Nothing for a reason that this version does not know; `constructor` is not one either. */
export function meaningOf(reason: string): string | undefined {
  return Object.hasOwn(REFUSAL_REASONS, reason) ? REFUSAL_REASONS[reason as RefusalReason] : undefined;
}

/** Model, options and time taken. */
export function whatWasRun(data: ReportData): Html {
  const { options } = data;
  const total = data.durations.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const rows: [string, Html | string][] = [
    ['Snapshot', html`<code>${data.snapshot}</code>`],
    ['Made', formatTime(data.createdAt)],
    ['Model', html`<code>${data.model}</code>`],
    ...(data.prefix ? [['Keys begin with', html`<code>${data.prefix}</code>`] as [string, Html]] : []),
    ['Photos used', formatCount(data.rows)],
    ['Features per photo', formatCount(data.dimension)],
    ['Components asked for', asked(data)],
    ['Standardised', options.standardize ? 'yes: each feature scaled to unit variance' : 'no'],
    [
      'Projection',
      options.projection === 'spark'
        ? 'spark: the mean is not subtracted, as in Spark'
        : 'centred: the mean is subtracted',
    ],
  ];
  return html`<section>
<h2>What was run</h2>
<div class="two">
<table><caption>Options</caption><tbody>${rows.map(([what, value]) => html`<tr><th scope="row" class="soft">${what}<td>${value}`)}</tbody></table>
<table><caption>Time taken</caption>
<tbody>${data.durations.map(({ step, milliseconds }) => html`<tr><th scope="row">${step}<td class="n">${formatDuration(milliseconds)}`)}</tbody>
<tfoot><tr><th scope="row">together<td class="n">${formatDuration(total)}</tfoot></table>
</div>
</section>`;
}

function fact(what: string, value: string): Html {
  return html`<div><dt>${what}</dt><dd>${value}</dd></div>`;
}

function swatch(label: string | null, at: number): Html {
  const { colour, shape } = label === null ? { colour: 'none', shape: 0 } : markOf(at);
  return html`<svg class="mark k${colour}" viewBox="-10 -10 20 20" aria-hidden="true"><use href="#m${shape}"/></svg>`;
}

function name(label: string | null): Html {
  return label === null ? html`<i>${UNLABELLED}</i>` : html`${label}`;
}

/** The option in words; 1 is a share where more than one component came of it. */
function asked({ options: { components: option }, components }: ReportData): string {
  if (option === 'elbow') return 'elbow: as many as come before the spectrum levels off';
  if (option === 'all') return 'all';
  const share = option < 1 || (option === 1 && components > 1);
  return share ? `as many as hold ${formatShare(option)} of the variance` : formatCount(option);
}

function sharesHeld(data: ReportData): number[] {
  let held = 0;
  return data.spectrum.map((value) => {
    held += shareOf(value, data.totalVariance);
    return held;
  });
}

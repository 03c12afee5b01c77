/** Which photos to look at, and why: four short lists, and the labels that are confused. */
import { countOf, formatCount, formatShare } from '../shared/format.ts';
import type { Listed, ReportData, ReportReview } from '../shared/report-data.ts';
import { type Html, html } from './html.ts';

/** Entries of a list that are open from the start. */
const OPEN = 6;

/**
 * The lists; nothing where photos were not compared.
 *
 * @param placeOf the place in the payload of a photo of the data
 */
export function photosToLookAt(data: ReportData, placeOf: (photo: number) => number): Html | undefined {
  const { review } = data;
  if (review === undefined) return undefined;
  const photos = [...data.points, ...(data.others ?? [])];
  const picture = (photo: number) =>
    html`<button type="button" data-photo="${placeOf(photo)}" title="${photos[photo]!.key}" aria-label="${photos[photo]!.key}"><span data-thumb="${placeOf(photo)}"></span></button>`;
  const entry = (shown: number[], why: Html, named: number[] = shown.slice(0, 1)) =>
    html`<li><div class="set">${shown.map(picture)}</div><p class="why">${why}</p>${named.map((photo) => html`<p class="key soft">${photos[photo]!.key}</p>`)}</li>`;
  const labelOf = (photo: number) => photos[photo]!.label ?? 'no label';
  const { mislabelled, copies, nearDuplicates, outliers } = review;
  const compared =
    review.compared < data.rows
      ? ` Compared were ${formatCount(review.compared)} of ${formatCount(data.rows)} photos, an even sample by label.`
      : '';
  return html`<section id="look">
<h2>Photos to look at</h2>
<p class="soft">Told by how alike photos are to the model: each was compared with every other by the cosine of their features.${compared}</p>
${list(
  'Likely mislabelled',
  'Their nearest neighbours, the nearer the more, speak for another label than theirs. The first picture is the photo, the small ones are of the label it looks like.',
  'No photo looks more like another label than like its own.',
  mislabelled,
  ({ photo, label, votes, own, of, like, similarity }) =>
    entry(
      [photo, ...like],
      html`Labelled <b>${labelOf(photo)}</b>, looks like <b>${label}</b>: ${votes} of its ${of} nearest are, ${own === 0 ? 'none is' : `${own} ${own === 1 ? 'is' : 'are'}`} <bdi>${labelOf(photo)}</bdi>; similarity ${similarity.toFixed(2)}.`,
    ),
)}
${list(
  'Copies',
  'The same file under several keys: one is enough, and one in training and one in test data is too many.',
  'No file lies under two keys.',
  copies,
  ({ photos: group, of }) =>
    entry(
      group,
      html`<b>${formatCount(of)} copies</b>, equal byte for byte${labelsOf(group.map(labelOf))}.`,
      group,
    ),
  'pair',
)}
${list(
  'Near-duplicates',
  `One picture stored twice, smaller, cropped or compressed again; or two frames of one moment.${byPixels(review)}`,
  'No two photos are so alike.',
  nearDuplicates,
  ({ photos: pair, similarity, same }) =>
    entry(
      pair,
      html`${same ? html`<b>One picture</b> by its pixels, similarity ` : 'Similarity '}<b>${similarity.toFixed(3)}</b>${labelsOf(pair.map(labelOf))}.`,
      pair,
    ),
  'pair',
)}
${list(
  'Outliers',
  'Far from their own label and from everything else: a hand, a bag, a blur, or something that is not what the others are.',
  'No photo lies far from all others.',
  outliers,
  ({ photo, near, usualNear, own, usualOwn }) =>
    entry(
      [photo],
      html`<b>${labelOf(photo)}</b>: similarity to its nearest ${near.toFixed(2)}, where ${usualNear.toFixed(2)} is usual${own === undefined ? '' : `; to its own label ${own.toFixed(2)}, where ${(usualOwn ?? 0).toFixed(2)} is`}.`,
    ),
)}
${(data.refusedPhotos?.length ?? 0) > 0 ? html`<p class="list"><a href="#refused">Refused photos by key</a>, with what was found and what to do, stand at the end.</p>` : undefined}
${confusions(review)}
</section>`;
}

function byPixels({ byPixels, compared }: ReportReview): string {
  if (byPixels === undefined) return '';
  const { photos, same } = byPixels;
  const which = photos < compared ? `the ${formatCount(photos)} photos most like another` : 'all photos';
  const pairs = same === 0 ? 'no pair is' : `${countOf(same, 'pair')} ${same === 1 ? 'is' : 'are'}`;
  return ` By the pixels of ${which} ${pairs} one picture${same > 0 ? '; those stand first' : ''}.`;
}

function list<T>(
  title: string,
  about: string,
  none: string,
  { first, total }: Listed<T>,
  entry: (of: T) => Html,
  kind = '',
): Html {
  if (total === 0) return html`<div class="list"><h3>${title}: none</h3><p class="soft">${none}</p></div>`;
  const rest = first.slice(OPEN);
  const shown = total > first.length ? ` The first ${formatCount(first.length)} are listed.` : '';
  return html`<div class="list"><h3>${title}: ${formatCount(total)}</h3><p class="soft">${about}${shown}</p>
<ol class="look ${kind}">${first.slice(0, OPEN).map(entry)}</ol>
${rest.length > 0 ? html`<details><summary>${formatCount(rest.length)} more</summary><ol class="look ${kind}">${rest.map(entry)}</ol></details>` : undefined}</div>`;
}

function labelsOf(labels: string[]): Html {
  const different = [...new Set(labels)];
  if (different.length > 1) {
    return html`, labelled ${different.map((label, at) => html`${at > 0 ? ' and ' : ''}<b>${label}</b>`)}`;
  }
  return html`, ${labels.length === 2 ? 'both' : 'all'} <bdi>${different[0]}</bdi>`;
}

function confusions({ labelled, agree, confusions }: ReportReview): Html | undefined {
  if (labelled === 0) return undefined;
  const { first, total } = confusions;
  const table = html`<div class="scroll"><table class="confused">
<thead><tr><th scope="col">Labels<th scope="col" class="n">Photos whose nearest bears the other<th scope="col" class="n">Share of all their neighbours</thead>
<tbody>${first.map(({ labels: [a, b], photos, share }) => html`<tr><th scope="row"><bdi>${a}</bdi> – <bdi>${b}</bdi><td class="n">${formatCount(photos)}<td class="n">${formatShare(share)}`)}</tbody></table></div>`;
  return html`<div class="list"><h3>Labels that are confused</h3>
<p class="soft">Of ${countOf(labelled, 'photo')} with a label, the nearest neighbour of <b>${formatShare(agree / labelled)}</b> bears the same one.${total === 0 ? ' No label is mixed up with another.' : total > first.length ? ` The first ${first.length} of ${countOf(total, 'pair')} of labels.` : ''}</p>
${total === 0 ? undefined : table}</div>`;
}

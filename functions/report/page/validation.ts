/** How far to believe identify's answers: the trials that its classifier was put to, in words. */
import { countOf, formatCount, formatShare } from '../shared/format.ts';
import type { ReportClassifier, ReportData } from '../shared/report-data.ts';
import { type Html, html } from './html.ts';

/** Nothing where the data does not say; why, where there is no classifier. */
export function howItWasTried({ classifier }: ReportData): Html | undefined {
  if (classifier === undefined) return undefined;
  const heading = html`<h2>How far to believe identify</h2>`;
  if ('none' in classifier) {
    return html`<section>
${heading}
<p>There is no classifier: ${classifier.none}.</p>
</section>`;
  }
  const { labels, temperature, thresholds, validation, learned } = classifier;
  return html`<section>
${heading}
<p>The classifier tells ${countOf(labels, 'label')} apart and is fitted to all their photos. To learn what its answers are worth, the same
was fitted to one half of each label and asked about the other, then the other way round. The halves keep together what was taken together;
folds were never drawn at random, as the next frame of a spin, or the next shot of a shelf, would then answer for this one.${whatIsLearned(learned)}</p>
<div class="list"><div class="scroll"><table class="confused tried"><caption>What was found of photos that it had not been told</caption>
<thead><tr><th scope="col">Kept apart by<th scope="col" class="n">Photos<th scope="col" class="n">Label first<th scope="col" class="n">Among five<th scope="col" class="n">Calibration error</thead>
<tbody>${validation.map(
    ({ halves, rows, accuracy, topFive, calibrationError }) =>
      html`<tr><th scope="row">${halves}<td class="n">${formatCount(rows)}<td class="n">${formatShare(accuracy)}<td class="n">${formatShare(topFive)}<td class="n">${calibrationError.toFixed(3)}`,
  )}</tbody></table></div></div>
<p>In the first trial a photo may resemble what was told more than a new one will, by likeness less: expect new photos between the two. They flatter where
${learned ? '' : 'the model that made the features was trained on these very photos, or where '}a label shows its fruit from one side only. The calibration error is how far confidence and the share of right answers lie
apart, on average over ten bins.</p>
<p class="soft">All trials together set the temperature, ${temperature.toFixed(3)}, by which scores become probabilities, and two thresholds. From a confidence of
${formatShare(thresholds.confidence)} on, answers were right at least as often as wrong: below, the answer is “one of these”. Where no stored photo has a cosine of
${thresholds.similarity.toFixed(3)} or more, it is “not something I have seen”.</p>
</section>`;
}

/** What it means for the figures that the model knows photos of the snapshot; nothing where it is not known which it does. */
function whatIsLearned(learned: ReportClassifier['learned']): Html | '' {
  if (learned === undefined) return '';
  const { photos, asked } = learned;
  if (photos === 0) return html` The model was trained on none of these photos.`;
  const were = html` <strong>The model that made the features was trained on ${formatCount(photos)} of these photos.</strong> It finds them again far more often than
new ones, so they were told and not asked about.`;
  if (asked === 'photos of this snapshot') return were;
  return html`${were} As too few others are here, the trials below, the temperature and the confidence are those of the training: networks of the same recipe had learned one half of
its photos, and were asked about the other. They tell what to expect of new photos of such a collection, not of this snapshot.`;
}

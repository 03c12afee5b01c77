import { InvalidRequest } from '../../core/errors.ts';
import { parsePcaOptions } from '../../core/pca/pca-options.ts';
import { preview } from '../../core/preview.ts';
import type { ReduceOptions } from '../../core/reduce/phase.ts';
import { isFields } from './fields.ts';

/**
 * A request to reduce: its options, `{ components, standardize, projection, csv }`, each optional; from the schedule
 * in serverless.yml also `{ "scheduled": true }`.
 *
 * @throws InvalidRequest naming the option, its value and what is allowed
 */
export function parseReduceEvent(event: unknown): { scheduled: boolean; options: ReduceOptions } {
  const request = event ?? {};
  if (!isFields(request)) {
    throw new InvalidRequest(`reduce takes an object such as {"components": 64}, not ${preview(event)}`);
  }
  const { scheduled, ...options } = request;
  const isScheduled = scheduled === true;
  return { scheduled: isScheduled, options: parseReduceOptions(isScheduled ? options : request) };
}

function parseReduceOptions(request: Record<string, unknown>): ReduceOptions {
  const { csv = false, components } = request;
  const pca = parsePcaOptions(request, ['csv']);
  if (typeof csv !== 'boolean') throw new InvalidRequest(`csv is ${preview(csv)}; allowed: true or false`);
  return { pca, asksComponents: components !== undefined, csv };
}

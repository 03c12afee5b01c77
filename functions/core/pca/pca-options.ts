import { InvalidRequest } from '../errors.ts';
import { preview } from '../preview.ts';

/** What may be asked of a fit. */
export interface PcaOptions {
  /**
   * How many components: a whole number k ≥ 1 (so 1 is one component), a share of the variance strictly between 0
   * and 1 (the fewest components that explain it), `"elbow"`, or `"all"` (which is a share of 1).
   */
  components: number | 'elbow' | 'all';
  /** Scale every column to unit sample variance (n − 1); a constant column is left at zero. */
  standardize: boolean;
  /**
   * `"centered"`: rows are projected less their mean, so that every component has mean zero.
   * `"spark"`: rows are projected as Spark's PCAModel projects them, which subtracts nothing; see
   * {@link projectRows} for what that is with and without `standardize`.
   */
  projection: 'centered' | 'spark';
}

/**
 * The PCA options of an event that anybody may have written. What is absent takes its default: 64 components,
 * standardized, centered.
 *
 * @param others options beside these that the caller takes
 * @throws InvalidRequest naming the option, its value and what is allowed; an unknown option is refused too
 */
export function parsePcaOptions(input: unknown, others: string[] = []): PcaOptions {
  if (input === undefined || input === null) return { ...DEFAULTS };
  if (typeof input !== 'object' || Array.isArray(input)) {
    throw refuse('the request', input, 'a JSON object such as {"components": 64}');
  }
  const known = [...Object.keys(DEFAULTS), ...others];
  const unknown = Object.keys(input).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new InvalidRequest(`${preview(unknown)} is not an option; the options are ${known.join(', ')}`);
  }
  const {
    components = DEFAULTS.components,
    standardize = DEFAULTS.standardize,
    projection = DEFAULTS.projection,
  } = input as Partial<Record<keyof PcaOptions, unknown>>;
  if (!isComponents(components)) {
    throw refuse(
      'components',
      components,
      'a whole number of at least 1, a share of the variance between 0 and 1, "elbow" or "all"',
    );
  }
  if (typeof standardize !== 'boolean') throw refuse('standardize', standardize, 'true or false');
  if (projection !== 'centered' && projection !== 'spark') {
    throw refuse('projection', projection, '"centered" or "spark"');
  }
  return { components, standardize, projection };
}

const DEFAULTS: PcaOptions = { components: 64, standardize: true, projection: 'centered' };

function isComponents(value: unknown): value is PcaOptions['components'] {
  if (typeof value === 'number') return value > 0 && (value < 1 || Number.isSafeInteger(value));
  return value === 'elbow' || value === 'all';
}

function refuse(option: string, value: unknown, allowed: string): InvalidRequest {
  return new InvalidRequest(`${option} is ${preview(value)}; allowed: ${allowed}`);
}

/** Sums of money that can show how they were computed. */
import { PRICES } from './prices.ts';

/** One number of a product, and how it is shown. */
export interface Factor {
  value: number;
  text: string;
}

/** A product of factors, in USD. */
export interface Line {
  what: string;
  factors: Factor[];
  usd: number;
}

/** Multiplies factors into a sum of money. */
export function line(what: string, ...factors: Factor[]): Line {
  return { what, factors, usd: factors.reduce((product, { value }) => product * value, 1) };
}

/** A quantity, shown with up to four significant digits, and its unit. */
export function quantity(value: number, unit: string): Factor {
  return { value, text: `${short(value)} ${unit}` };
}

/** Bytes, as the GB in which AWS bills them: 2^30 bytes. */
export function bytes(count: number): Factor {
  return { value: count / 2 ** 30, text: `${short(count)} bytes` };
}

/** A price from the table. */
export function price(name: keyof typeof PRICES): Factor {
  const { usd, per } = PRICES[name];
  const text = usd < 0.001 ? `${short(usd * 1e6)} USD/million ${per}s` : `${usd} USD/${per}`;
  return { value: usd, text };
}

/** The sum of lines, USD. */
export function total(lines: Line[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}

/** A number with separated thousands and up to four significant digits, more where it is whole. */
export function short(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}

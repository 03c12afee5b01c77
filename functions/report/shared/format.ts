/** Numbers and times as a reader of English meets them. Used by the page and by its script alike. */

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

/** 6000 → `6,000`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `formatCount` and its noun: 1 → `1 photo`, 2 → `2 photos`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A share in [0, 1] → `81.3%`; small ones keep two significant digits: `0.042%`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent === 0 || percent >= 1) return `${percent.toFixed(1)}%`;
  return percent < 0.001 ? '<0.001%' : `${Number(percent.toPrecision(2))}%`;
}

/** Four significant digits, with a true minus sign: -0.012345 → `−0.01235`. */
export function formatValue(value: number): string {
  const digits = Number(value.toPrecision(4));
  return String(Object.is(digits, -0) ? 0 : digits).replace('-', '−');
}

/** 412 → `412 ms`, 12400 → `12.4 s`, 185000 → `3 min 5 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${formatCount(Math.floor(seconds / 60))} min ${seconds % 60} s`;
}

/** ISO 8601 UTC → `21 November 2025, 01:10 UTC`; what is no time stays as it is. */
export function formatTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const [hours, minutes] = [time.getUTCHours(), time.getUTCMinutes()].map((n) => String(n).padStart(2, '0'));
  return `${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]} ${time.getUTCFullYear()}, ${hours}:${minutes} UTC`;
}

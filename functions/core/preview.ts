/** Most characters of a preview, most members of each object in it, and how deep it looks. */
const LENGTH = 100;
const MEMBERS = 10;
const DEPTH = 4;

/**
 * A value for a message: as JSON, in some 100 characters. What somebody sends may be a megabyte long, or nested
 * deeper than recursion goes, so only what is shown is looked at. Undefined is shown as `absent`.
 */
export function preview(value: unknown): string {
  return shorten(show(value, DEPTH));
}

function show(value: unknown, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  if (value === undefined) return 'absent';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) {
    const members = value.slice(0, depth && MEMBERS).map((member) => show(member, depth - 1));
    return `[${listed(members, value.length)}]`;
  }
  const names = Object.keys(value);
  const members = names
    .slice(0, depth && MEMBERS)
    .map((name) => `${show(name, 0)}:${show((value as Record<string, unknown>)[name], depth - 1)}`);
  return `{${listed(members, names.length)}}`;
}

function listed(shown: string[], count: number): string {
  return [...shown, ...(shown.length < count ? ['…'] : [])].join(',');
}

function shorten(text: string): string {
  return text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text;
}

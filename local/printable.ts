/** Makes text from strangers safe for a terminal. */

/** Control characters, line and paragraph separators, marks that turn the direction of writing, halves of characters. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escapes what would move the cursor, forge a line or reverse the text. */
export function printable(name: string): string {
  return name.replace(UNSAFE, (character) => SHORT[character] ?? escapeCode(character.charCodeAt(0)));
}

/** The same for text of several lines, such as an error's message. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/**
 * What a function threw, in one line: its type and message, and the line of our own source that threw it.
 *
 * @param error out of another process, so that only its stack knows its type
 */
export function printableFailure({ message, stack = '' }: Error): string {
  const [, type = 'Error'] = /^([\w.]+)/.exec(stack) ?? [];
  const [, place] = OWN_SOURCE.exec(stack) ?? [];
  return printable(`${type}: ${message}${place === undefined ? '' : ` (${place})`}`);
}

/** Such as `functions/core/erase.ts:25:3`. */
const OWN_SOURCE = /\/(functions\/[\w/-]+\.ts:\d+:\d+)/;

function escapeCode(code: number): string {
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

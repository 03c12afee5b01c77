/**
 * Markup that cannot be broken out of: every value put into the `html` template is escaped, unless
 * it came out of that template itself.
 */

/** A piece of finished, safe markup. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | undefined | readonly Html[];

/** Template tag: text and numbers are escaped, pieces of markup (one or a list) are put in as they are. */
export function html(literals: TemplateStringsArray, ...parts: Part[]): Html {
  return { markup: literals.reduce((markup, literal, at) => markup + render(parts[at - 1]) + literal) };
}

/** Escapes text for element content and quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * JSON for inside a `<script>` element: no `<`, so that nothing in it can end the element or open a
 * comment (HTML Standard, "Restrictions for contents of script elements").
 */
export function jsonForScript(value: unknown): Html {
  return { markup: JSON.stringify(value).replace(/</g, '\\u003c') };
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'string') return escapeText(part);
  if (typeof part === 'number') return String(part);
  return 'markup' in part ? part.markup : part.map((piece) => piece.markup).join('');
}

/** The XML of S3's requests and answers. */

export type XmlValue = string | number | boolean | undefined | XmlFields | XmlValue[];
export interface XmlFields {
  [element: string]: XmlValue;
}

/** Writes a document. What is undefined is left out; an array is its element again and again. */
export function toXml(
  root: string,
  fields: XmlFields,
  namespace = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"',
): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${namespace}>${render(fields)}</${root}>`;
}

/** What all elements of a name hold, in order, markup and all. */
export function elements(xml: string, name: string): string[] {
  const found: string[] = [];
  const open = new RegExp(`<${name}(?:[\\s/][^<>]*)?>`, 'g');
  for (let tag = open.exec(xml); tag; tag = open.exec(xml)) {
    const isEmpty = tag[0].endsWith('/>');
    const end = isEmpty ? open.lastIndex : xml.indexOf(`</${name}>`, open.lastIndex);
    if (end < 0) break;
    found.push(xml.slice(open.lastIndex, end));
    open.lastIndex = end;
  }
  return found;
}

/** The text of the first element of a name. */
export function textOf(xml: string, name: string): string | undefined {
  return elements(xml, name)[0]?.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (all, hex, decimal, entity) => {
      const point = hex ? Number.parseInt(hex, 16) : Number(decimal);
      return entity ? (ENTITIES[entity] ?? all) : point <= 0x10ffff ? String.fromCodePoint(point) : all;
    },
  );
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function render(fields: XmlFields): string {
  const all = Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, one] as const),
  );
  return all
    .map(([name, value]) => (value === undefined ? '' : `<${name}>${contentOf(value)}</${name}>`))
    .join('');
}

function contentOf(value: XmlValue): string {
  if (typeof value === 'object') return render(value as XmlFields);
  // Tabs and line ends too: a reader would make spaces of them.
  return String(value).replace(/[&<>"\p{Cc}]/gu, (sign) => `&#${sign.charCodeAt(0)};`);
}

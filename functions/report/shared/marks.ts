/**
 * How a label looks: one of 12 colours and one of 11 shapes. Both change from one label to the next, so
 * that neighbours in the table differ to readers who see colours differently; 132 labels have a mark
 * of their own, then they repeat.
 */

export interface Mark {
  colour: number;
  shape: number;
}

/** A filled outline around the origin, about as dark as its neighbours, within ±10 units. */
export interface Shape {
  /** SVG path data. */
  path: string;
  /** Width and height of the path's box, in units. */
  box: [width: number, height: number];
}

/** Each colour as on light and on dark ground; at least 3:1 against both (WCAG 2.2, 1.4.11). */
export const COLOURS: readonly { light: string; dark: string }[] = [
  { light: '#2867c4', dark: '#6ea8ff' },
  { light: '#d1660a', dark: '#ff9d4d' },
  { light: '#2a8550', dark: '#5fc98a' },
  { light: '#c5304a', dark: '#ff7385' },
  { light: '#7d55c7', dark: '#b79bff' },
  { light: '#0f8a96', dark: '#4fcad6' },
  { light: '#a87b00', dark: '#e0b93f' },
  { light: '#bf4295', dark: '#f085cb' },
  { light: '#855a3a', dark: '#cf9f7a' },
  { light: '#38438f', dark: '#8d9bea' },
  { light: '#6b8519', dark: '#b0cc55' },
  { light: '#64748b', dark: '#a3b1c4' },
];

export const SHAPES: readonly Shape[] = [
  { path: ring(8), box: [16, 16] },
  polygon([0, -9], [9, 7], [-9, 7]),
  polygon([-7, -7], [7, -7], [7, 7], [-7, 7]),
  polygon([0, -10], [10, 0], [0, 10], [-10, 0]),
  polygon([0, 9], [-9, -7], [9, -7]),
  polygon(...plus(3, 9)),
  { path: ring(8.5) + ring(4, true), box: [17, 17] },
  hollow(
    polygon([-8, -8], [8, -8], [8, 8], [-8, 8]),
    polygon([-3.5, -3.5], [-3.5, 3.5], [3.5, 3.5], [3.5, -3.5]),
  ),
  polygon(...plus(3, 9.5).map(turned)),
  hollow(polygon([0, -10], [10, 0], [0, 10], [-10, 0]), polygon([0, -4.5], [-4.5, 0], [0, 4.5], [4.5, 0])),
  hollow(polygon([0, -10], [10, 8], [-10, 8]), polygon([0, -2], [-3.8, 4.4], [3.8, 4.4])),
];

/** The mark of the label at this place of the table. */
export function markOf(place: number): Mark {
  // One step on in shapes each label and two more each round of colours: 11 is prime to 2, so a colour
  // meets every shape once before it meets one again.
  const round = Math.floor(place / COLOURS.length);
  return { colour: place % COLOURS.length, shape: (place + round) % SHAPES.length };
}

type Point = [x: number, y: number];

function polygon(...corners: Point[]): Shape {
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return {
    path: `M${corners.map((corner) => corner.join(' ')).join('L')}Z`,
    box: [Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)],
  };
}

/** An outer outline and an inner one drawn the other way round, which the non-zero rule leaves empty. */
function hollow(outer: Shape, inner: Shape): Shape {
  return { path: outer.path + inner.path, box: outer.box };
}

function ring(radius: number, backwards = false): string {
  const sweep = backwards ? 0 : 1;
  const half = (x: number) => `A${radius} ${radius} 0 0 ${sweep} ${x} 0`;
  return `M${-radius} 0${half(radius)}${half(-radius)}Z`;
}

/** Corners of a plus with arms of the given half width and length. */
function plus(half: number, arm: number): Point[] {
  const quarter: Point[] = [
    [half, -arm],
    [half, -half],
    [arm, -half],
  ];
  return [0, 1, 2, 3].flatMap((turns) =>
    quarter.map((corner) => {
      let [x, y] = corner;
      for (let turn = 0; turn < turns; turn++) [x, y] = [-y, x];
      return [x, y] as Point;
    }),
  );
}

function turned([x, y]: Point): Point {
  const [u, v] = [(x - y) * Math.SQRT1_2, (x + y) * Math.SQRT1_2];
  return [Number(u.toFixed(2)), Number(v.toFixed(2))];
}

/** Draws the map on two canvases that lie on each other: below, the points; above, what follows the pointer. */
import { formatShare, formatValue } from '../shared/format.ts';
import { SHAPES } from '../shared/marks.ts';
import { type Frame, MARGIN, markOfGroup, type PhotoMap, toPixels, zoomOf } from './photo-map.ts';
import type { Pictures } from './pictures.ts';
import { placeNames } from './place-names.ts';
import type { Theme } from './theme.ts';

/** What the reader has brought forward. */
export interface Highlight {
  /** Groups shown in colour, with all others greyed; undefined: all in colour. */
  focus: ReadonlySet<number> | undefined;
  /** The point under the pointer: it and its group are outlined. */
  point: number | undefined;
  /** The photo whose panel is open, and its neighbours. */
  pinned: number | undefined;
  near: readonly number[];
  /** Points that were selected. */
  selected: ReadonlySet<number>;
  /** The outline that is being drawn, in pixels. */
  outline: readonly [number, number][];
}

/** Everything that is drawn. */
export interface Scene {
  map: PhotoMap;
  frame: Frame;
  /** The frame of all points. */
  whole: Frame;
  theme: Theme;
  highlight: Highlight;
  pictures: Pictures;
  /** Points that pictures stand for now. */
  pictured: Set<number>;
}

/** Below this width, in pixels, points are smaller. */
const NARROW = 480;
/** Most points in sight for which pictures are drawn instead. */
const FEW = 160;
/** More than so many are drawn smaller. */
const CLOSE = 60;
/** Side of a picture on the map, in pixels. */
const PICTURE = 44;

const PATHS = SHAPES.map(({ path }) => new Path2D(path));

/** Sizes a canvas for its place; what was on it is gone. */
export function prepare(canvas: HTMLCanvasElement, { width, height }: Frame): CanvasRenderingContext2D {
  const scale = Math.max(2, devicePixelRatio);
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== wide || canvas.height !== high) {
    [canvas.width, canvas.height] = [wide, high];
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext('2d')!;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/**
 * The lower canvas: axes and points.
 *
 * @param alone with what is on the upper canvas too: for paper, where that would blot out this one (browsers that print
 *   a canvas by its drawing commands apply its clearing to the page)
 */
export function drawPoints(canvas: HTMLCanvasElement, scene: Scene, alone: boolean): void {
  const { map, frame, theme, highlight } = scene;
  const context = prepare(canvas, frame);
  drawAxes(context, scene);
  context.save();
  clip(context, frame);
  const { focus } = highlight;
  const isFocused = (at: number) => focus === undefined || focus.has(map.label[at]!);
  context.globalAlpha = focus ? 0.45 : 0.85;
  for (const at of map.order) {
    drawPoint(
      context,
      scene,
      at,
      isFocused(at) ? colourOf(map, theme, at) : theme.faint,
      1,
      theme.ground,
      0.5,
    );
  }
  context.globalAlpha = 1;
  drawPictures(context, scene);
  context.restore();
  if (alone) drawFrontOn(context, scene);
}

/** The upper canvas: what is brought forward, names, the selection. */
export function drawFront(canvas: HTMLCanvasElement, scene: Scene): void {
  drawFrontOn(prepare(canvas, scene.frame), scene);
}

function drawFrontOn(context: CanvasRenderingContext2D, scene: Scene): void {
  const { map, frame, theme, highlight } = scene;
  const { focus, point, pinned, near, selected, outline } = highlight;
  context.save();
  clip(context, frame);
  const group = point === undefined ? undefined : map.label[point];
  for (const at of map.order) {
    const own = map.label[at] === group;
    if (!own && !focus?.has(map.label[at]!) && !selected.has(at)) continue;
    if (scene.pictured.has(at)) {
      drawPicture(context, scene, at, PICTURE, selected.has(at) || at === point ? 5 : 3);
      continue;
    }
    const isBold = own || selected.has(at);
    const line = isBold ? theme.ink : theme.ground;
    drawPoint(context, scene, at, colourOf(map, theme, at), 1.15, line, isBold ? 0.8 : 0.5);
  }
  if (pinned !== undefined && pinned < map.x.length) {
    context.strokeStyle = theme.ink;
    context.lineWidth = 1;
    for (const other of near) {
      if (other >= map.x.length) continue;
      context.beginPath();
      context.moveTo(...toPixels(frame, map.x[pinned]!, map.y[pinned]!));
      context.lineTo(...toPixels(frame, map.x[other]!, map.y[other]!));
      context.stroke();
      drawPoint(context, scene, other, colourOf(map, theme, other), 1.5, theme.ink, 1);
    }
    drawPoint(context, scene, pinned, colourOf(map, theme, pinned), 2, theme.ink, 2);
  }
  if (point !== undefined && !scene.pictured.has(point)) {
    drawPoint(context, scene, point, colourOf(map, theme, point), 1.8, theme.ink, 1.5);
  }
  drawNames(context, scene);
  if (outline.length > 1) {
    context.beginPath();
    for (const place of outline) context.lineTo(...place);
    context.closePath();
    context.fillStyle = theme.accent;
    context.globalAlpha = 0.15;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = theme.accent;
    context.lineWidth = 1.5;
    context.stroke();
  }
  context.restore();
}

function drawAxes(context: CanvasRenderingContext2D, { map, frame, theme }: Scene): void {
  const [right, bottom] = [frame.width - MARGIN.right, frame.height - MARGIN.bottom];
  context.font = `12px ${theme.font}`;
  context.lineWidth = 1;
  context.strokeStyle = theme.rule;
  const bare = map.axes === 'nearby'; // distances there mean something, places do not
  context.fillStyle = theme.soft;
  context.textAlign = 'center';
  context.textBaseline = 'top';
  for (const value of bare ? [] : ticks(frame.x, (right - MARGIN.left) / 90)) {
    const [at] = toPixels(frame, value, 0);
    line(context, at, MARGIN.top, at, bottom);
    context.fillText(formatValue(value), at, bottom + 7);
  }
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const value of bare || map.flat ? [] : ticks(frame.y, (bottom - MARGIN.top) / 70)) {
    const [, at] = toPixels(frame, 0, value);
    line(context, MARGIN.left, at, right, at);
    context.fillText(formatValue(value), MARGIN.left - 7, at);
  }
  context.fillStyle = theme.ink;
  context.textAlign = 'center';
  const middle = (MARGIN.left + right) / 2;
  if (map.axes === 'nearby') {
    context.fillText('arranged so that neighbours lie together', middle, frame.height - 10);
    return;
  }
  context.fillText(axisName(map, map.axes[0]), middle, frame.height - 10);
  if (map.flat) return;
  context.save();
  context.translate(11, (MARGIN.top + bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(axisName(map, map.axes[1]), 0, 0);
  context.restore();
}

function axisName({ shares }: PhotoMap, component: number): string {
  return `Component ${component + 1} (${formatShare(shares[component] ?? 0)} of the variance)`;
}

/** Round values in the range, about so many. */
function ticks([from, to]: [number, number], about: number): number[] {
  const raw = (to - from) / Math.max(about, 2);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((round) => round * power).find((round) => round >= raw) ?? raw;
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, at) =>
    Number(((first + at) * step).toPrecision(12)),
  );
}

function line(
  context: CanvasRenderingContext2D,
  ...[x1, y1, x2, y2]: [number, number, number, number]
): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

function clip(context: CanvasRenderingContext2D, { width, height }: Frame): void {
  context.beginPath();
  context.rect(MARGIN.left - 8, 0, width - MARGIN.left - MARGIN.right + 20, height - MARGIN.bottom + 8);
  context.clip();
}

function drawPoint(
  context: CanvasRenderingContext2D,
  { map, frame, whole }: Scene,
  at: number,
  colour: string,
  scale: number,
  outline: string,
  thickness: number,
): void {
  const [x, y] = toPixels(frame, map.x[at]!, map.y[at]!);
  if (x < 0 || y < 0 || x > frame.width || y > frame.height) return;
  const total = map.x.length;
  const base = (total > 3000 ? 0.35 : total > 800 ? 0.38 : 0.44) * (frame.width < NARROW ? 0.8 : 1);
  const unit = base * scale * Math.min(zoomOf(frame, whole) ** 0.25, 2);
  context.translate(x, y);
  context.scale(unit, unit);
  context.fillStyle = colour;
  const path = PATHS[markOfGroup(map, map.label[at]!).shape]!;
  context.fill(path);
  context.lineWidth = thickness / unit;
  context.strokeStyle = outline;
  context.stroke(path);
  context.scale(1 / unit, 1 / unit);
  context.translate(-x, -y);
}

/** Where few points are in sight, their pictures, as long as none hides another. */
function drawPictures(context: CanvasRenderingContext2D, scene: Scene): void {
  const { map, frame, whole, highlight, pictures, pictured } = scene;
  pictured.clear();
  if (zoomOf(frame, whole) < 1.5 && map.x.length > 40) return;
  const seen = map.order.flatMap((at) => {
    const [x, y] = toPixels(frame, map.x[at]!, map.y[at]!);
    const inside = x > MARGIN.left && y > 0 && x < frame.width && y < frame.height - MARGIN.bottom;
    return inside ? [{ at, x, y }] : [];
  });
  if (seen.length > FEW) return;
  const room = seen.length > CLOSE ? PICTURE * 0.75 : PICTURE;
  const placed: { x: number; y: number }[] = [];
  for (const { at, x, y } of seen) {
    const isFocused = highlight.focus === undefined || highlight.focus.has(map.label[at]!);
    const isHidden = placed.some(
      (other) => Math.max(Math.abs(other.x - x), Math.abs(other.y - y)) < room * 0.7,
    );
    if (!isFocused || isHidden || !pictures.drawable(at)) continue;
    placed.push({ x, y });
    pictured.add(at);
    drawPicture(context, scene, at, room, 2);
  }
}

/** A point's picture in a frame of its group's colour. */
function drawPicture(
  context: CanvasRenderingContext2D,
  { map, frame, theme, pictures }: Scene,
  at: number,
  side: number,
  border: number,
): void {
  const picture = pictures.drawable(at);
  if (!picture) return;
  const [x, y] = toPixels(frame, map.x[at]!, map.y[at]!);
  const scale = side / Math.max(picture.naturalWidth, picture.naturalHeight);
  const [wide, high] = [picture.naturalWidth * scale, picture.naturalHeight * scale];
  context.fillStyle = colourOf(map, theme, at);
  context.fillRect(x - wide / 2 - border, y - high / 2 - border, wide + 2 * border, high + 2 * border);
  context.drawImage(picture, x - wide / 2, y - high / 2, wide, high);
}

function drawNames(context: CanvasRenderingContext2D, { map, frame, theme, highlight }: Scene): void {
  context.font = `12px ${theme.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  for (const { x, y, text, offset } of placeNames(map, frame, highlight.focus)) {
    const [right, down] = toPixels(frame, x, y);
    context.strokeStyle = theme.ground;
    context.lineWidth = 3;
    context.strokeText(text, right + offset[0], down + offset[1]);
    context.fillStyle = theme.ink;
    context.fillText(text, right + offset[0], down + offset[1]);
  }
}

function colourOf(map: PhotoMap, theme: Theme, at: number): string {
  return (
    theme.colours[markOfGroup(map, map.label[at]!).colour] ??
    (map.labels.length > 1 ? theme.soft : theme.accent)
  );
}

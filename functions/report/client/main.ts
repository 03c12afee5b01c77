/**
 * The report's own script, bundled into the page: draws scree plot and map from the payload in the page, and again when
 * the theme or the width changes and for paper; answers the reader. It asks nothing of any network.
 */
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { UNLABELLED } from '../shared/labels.ts';
import type { Payload } from '../shared/payload.ts';
import { showEnds } from './component-ends.ts';
import { drawFront, drawPoints, type Highlight, type Scene } from './draw-map.ts';
import { element } from './elements.ts';
import { listenToGestures, type Tool } from './gestures.ts';
import { listenToLabels } from './label-list.ts';
import { createPanel, readNeighbours } from './panel.ts';
import {
  arrange,
  byFolder,
  byLabel,
  frameMap,
  inside,
  moved,
  nearestPoint,
  readMap,
  regroup,
  toPixels,
  zoomed,
  zoomOf,
} from './photo-map.ts';
import { readPictures } from './pictures.ts';
import { screeOption } from './scree-chart.ts';
import { showSelection } from './selection.ts';
import { readTheme } from './theme.ts';
import { hideTip, showTip } from './tip.ts';
import { showTools } from './tools.ts';

use([BarChart, LineChart, GridComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

/** Content width of A4 and Letter between the page's margins, whichever is less, in CSS pixels. */
const PAPER_WIDTH = 680;
/** Least height of the table of labels beside the map, in CSS pixels. */
const LEAST_LIST = 320;
/** How far from a point the pointer may be, in CSS pixels. */
const REACH = { mouse: 14, touch: 26 };
const payload: Payload = JSON.parse(document.querySelector('#payload')?.textContent ?? '');
const screeElement = element('scree');
const mapElement = element('map');
const scree = init(screeElement, undefined, {
  renderer: 'canvas',
  devicePixelRatio: Math.max(2, devicePixelRatio),
});
const [points, front] = [layer(), layer()];
const pictures = readPictures(payload, () => drawSoon());
const neighboursOf = readNeighbours(payload);
const highlight: Highlight = {
  focus: undefined,
  point: undefined,
  pinned: undefined,
  near: [],
  selected: new Set(),
  outline: [],
};
const map = readMap(payload);
const labelOf = byLabel(payload).label;
const folders = byFolder(map.photos);
const whole = frameMap(map, mapElement.clientWidth);
const scene: Scene = {
  map,
  frame: whole,
  whole,
  theme: readTheme(),
  highlight,
  pictures,
  pictured: new Set(),
};
let tool: Tool = 'move';
let drawnWidth = 0;
let printing = false;
let isDue = false;

const labels = listenToLabels((focus) => {
  highlight.focus = focus;
  drawMap();
});
const describe = (photo: number) => ({
  key: scene.map.photos[photo] ?? '',
  label: (payload.labels[labelOf[photo]!] ?? UNLABELLED).replace(/\s+/g, ' '),
});
const panel = createPanel(pictures, describe, neighboursOf, pin, (photo) => {
  const group = scene.map.label[photo]!;
  if (!highlight.focus?.has(group)) labels.toggle(group);
});
const open = (photo: number) => panel.open(photo);
const hasFolders = folders.labels.length > 1 && folders.labels.some((folder) => folder !== null);
showTools(payload, hasFolders, {
  onAxes: (axes) => remap(arrange(scene.map, payload, axes)),
  onColour: (by) => {
    scene.map = regroup(scene.map, by === 'label' ? byLabel(payload) : folders);
    labels.list(scene.map);
    drawMap();
  },
  onTool: (chosen) => {
    tool = chosen;
    mapElement.classList.toggle('outlining', tool !== 'move');
    touch();
  },
  onZoom: (factor) => zoom(factor, [scene.frame.width / 2, scene.frame.height / 2]),
  onReset: () => show({ ...scene.whole }),
});
showEnds(payload, pictures, describe, open);
fillPictures();
draw();
new ResizeObserver(() => screeElement.clientWidth !== drawnWidth && redraw()).observe(screeElement);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
addEventListener('beforeprint', () => draw(PAPER_WIDTH));
addEventListener('afterprint', () => draw());
addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  panel.close();
  select([]);
  labels.clear();
  point(undefined);
});
mapElement.addEventListener('keydown', (event) => {
  const step = 40;
  const moves: Record<string, [number, number]> = {
    ArrowLeft: [step, 0],
    ArrowRight: [-step, 0],
    ArrowUp: [0, step],
    ArrowDown: [0, -step],
  };
  const move = moves[event.key];
  if (move && zoomOf(scene.frame, scene.whole) > 1) show(moved(scene.frame, scene.whole, ...move));
  else if (event.key === '+' || event.key === '-')
    zoom(event.key === '+' ? 1.6 : 1 / 1.6, [scene.frame.width / 2, scene.frame.height / 2]);
  else if (event.key === '0') show({ ...scene.whole });
  else return;
  event.preventDefault();
});
listenToGestures(mapElement, {
  tool: () => tool,
  isEnlarged: () => zoomOf(scene.frame, scene.whole) > 1.001,
  onMove: (right, down) => show(moved(scene.frame, scene.whole, right, down)),
  onZoom: zoom,
  onOutline(outline, done) {
    highlight.outline = done ? [] : outline;
    if (done) select(scene.map.order.filter((at) => inside(outline, pixelsOf(at))));
    else drawSoon(true);
  },
  onPoint: (place, type) => point(place && under(place, type)),
  onPress(place, type) {
    const photo = under(place, type);
    if (type !== 'mouse') point(photo);
    if (photo !== undefined) open(photo);
  },
});

/** Draws everything again, but not while printing: laying the page out for paper changes width and scheme too. */
function redraw(): void {
  if (!printing) draw();
}

/** Draws all charts, as wide as the page gives or as told for paper. */
function draw(paper?: number): void {
  printing = paper !== undefined;
  document.documentElement.classList.toggle('printing', printing);
  scene.theme = readTheme();
  drawnWidth = paper ?? screeElement.clientWidth;
  scene.whole = frameMap(scene.map, paper ?? mapElement.clientWidth);
  scene.frame = { ...scene.whole };
  mapElement.style.height = `${scene.frame.height}px`;
  element('beside').style.setProperty('--beside', `${Math.max(scene.frame.height, LEAST_LIST)}px`);
  scree.resize({ width: drawnWidth, height: screeElement.clientHeight });
  scree.setOption(screeOption(payload, scene.theme));
  hideTip();
  touch();
  drawMap();
}

function drawMap(): void {
  drawPoints(points, scene, printing);
  drawFront(front, scene);
}

/** Draws in the next frame of the screen, once. */
function drawSoon(onlyFront = false): void {
  if (onlyFront) {
    drawFront(front, scene);
    return;
  }
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    drawMap();
  });
}

function remap(arranged: Scene['map']): void {
  scene.map = arranged;
  draw();
}

function show(frame: Scene['frame']): void {
  scene.frame = frame;
  hideTip();
  touch();
  drawSoon();
}

function zoom(factor: number, place: [number, number]): void {
  show(zoomed(scene.frame, scene.whole, factor, place));
}

/** A finger scrolls the page over a map that cannot be moved. */
function touch(): void {
  const isFree = tool === 'move' && zoomOf(scene.frame, scene.whole) <= 1.001;
  mapElement.style.touchAction = isFree ? 'pan-y' : 'none';
}

function under(place: [number, number], type: string): number | undefined {
  const reach = type === 'mouse' ? REACH.mouse : REACH.touch;
  return nearestPoint(scene.map, scene.frame, place, reach, highlight.focus);
}

function point(photo: number | undefined): void {
  if (photo === highlight.point) return;
  highlight.point = photo;
  labels.near(photo === undefined ? undefined : scene.map.label[photo]);
  drawFront(front, scene);
  if (photo === undefined) hideTip();
  else showTip(mapElement, pixelsOf(photo), photo, scene.map, describe(photo), pictures);
}

function pin(photo: number | undefined): void {
  highlight.pinned = photo;
  highlight.near = photo === undefined ? [] : neighboursOf(photo).map((one) => one.photo);
  drawFront(front, scene);
}

function select(photos: number[]): void {
  highlight.selected = new Set(photos);
  highlight.outline = [];
  showSelection(photos, pictures, describe, open, () => select([]));
  drawFront(front, scene);
}

function pixelsOf(at: number): [number, number] {
  return toPixels(scene.frame, scene.map.x[at]!, scene.map.y[at]!);
}

/** Puts the pictures into the lists that the page came with, and opens the panel of a photo that is pressed there. */
function fillPictures(): void {
  for (const place of document.querySelectorAll<HTMLElement>('[data-thumb]')) {
    place.replaceChildren(pictures.element(Number(place.dataset.thumb), 'thumb'));
  }
  for (const entry of document.querySelectorAll<HTMLElement>('[data-photo]')) {
    entry.addEventListener('click', () => open(Number(entry.dataset.photo)));
  }
}

/** A canvas of the map: the same place, one upon the other. */
function layer(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.className = 'layer';
  mapElement.append(canvas);
  return canvas;
}

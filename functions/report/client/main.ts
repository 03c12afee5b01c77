/**
 * The report's own script, bundled into the page: draws the two charts from the payload in the page,
 * and again when the theme or the width changes and for paper. It asks nothing of any network.
 */
import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { type EChartsType, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import type { Payload } from '../shared/payload.ts';
import { element, make } from './elements.ts';
import { listenToLabels } from './label-list.ts';
import { frontOption, type Highlight, pointsOption } from './map-chart.ts';
import { frameMap, nameAt, nearestPoint, readMap } from './photo-map.ts';
import { screeOption } from './scree-chart.ts';
import { readTheme } from './theme.ts';

use([BarChart, LineChart, ScatterChart, GridComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

/** Content width of A4 and Letter between the page's margins, whichever is less, in CSS pixels. */
const PAPER_WIDTH = 680;
/** Least height of the table of labels beside the map, in CSS pixels. */
const LEAST_LIST = 320;
/** How far from a point the pointer may be, in CSS pixels. */
const REACH = { mouse: 14, touch: 26 };
const payload: Payload = JSON.parse(document.querySelector('#payload')?.textContent ?? '');
const map = readMap(payload);
const screeElement = element('scree');
const mapElement = element('map');
const scree = startChart(screeElement);
const points = startChart(layer(mapElement));
const front = startChart(layer(mapElement));
const highlight: Highlight = { focus: undefined, point: undefined };
let theme = readTheme();
let frame = frameMap(map, mapElement.clientWidth);
let drawnWidth = 0;
let printing = false;

const labels = listenToLabels((focus) => {
  highlight.focus = focus;
  drawMap();
});
draw();
new ResizeObserver(() => screeElement.clientWidth !== drawnWidth && redraw()).observe(screeElement);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
addEventListener('beforeprint', () => draw(PAPER_WIDTH));
addEventListener('afterprint', () => draw());
followPointer();

/** Draws all charts anew, but not while printing: laying the page out for paper changes width and scheme too. */
function redraw(): void {
  if (!printing) draw();
}

/** Draws all charts, as wide as the page gives or as told for paper. */
function draw(paper?: number): void {
  printing = paper !== undefined;
  document.documentElement.classList.toggle('printing', printing);
  theme = readTheme();
  drawnWidth = paper ?? screeElement.clientWidth;
  frame = frameMap(map, paper ?? mapElement.clientWidth);
  mapElement.style.height = `${frame.height}px`;
  element('beside').style.setProperty('--beside', `${Math.max(frame.height, LEAST_LIST)}px`);
  scree.resize({ width: drawnWidth, height: screeElement.clientHeight });
  for (const chart of [points, front]) chart.resize({ width: frame.width, height: frame.height });
  scree.setOption(screeOption(payload, theme));
  drawMap();
}

function drawMap(): void {
  points.setOption(pointsOption(map, frame, theme, highlight, printing), { replaceMerge: ['series'] });
  drawFront();
}

function drawFront(): void {
  front.setOption(frontOption(map, frame, theme, highlight, pointTip));
}

/** Names the point nearest to the pointer; pressing it with a mouse holds its label. */
function followPointer(): void {
  const under = (event: PointerEvent) => {
    const box = mapElement.getBoundingClientRect();
    const reach = event.pointerType === 'mouse' ? REACH.mouse : REACH.touch;
    return nearestPoint(
      map,
      frame,
      [event.clientX - box.left, event.clientY - box.top],
      reach,
      highlight.focus,
    );
  };
  const show = (point: number | undefined) => {
    if (point === highlight.point) return;
    highlight.point = point;
    labels.near(point === undefined ? undefined : map.label[point]);
    drawFront();
    front.dispatchAction(
      point === undefined ? { type: 'hideTip' } : { type: 'showTip', seriesIndex: 2, dataIndex: 0 },
    );
  };
  mapElement.addEventListener('pointermove', (event) => {
    if (event.pointerType === 'mouse') show(under(event));
  });
  mapElement.addEventListener('pointerleave', (event) => {
    if (event.pointerType === 'mouse') show(undefined);
  });
  mapElement.addEventListener('click', (event) => {
    const point = under(event);
    if (event.pointerType !== 'mouse') show(point);
    else if (point !== undefined) labels.toggle(map.label[point]!);
  });
}

function pointTip(index: number): HTMLElement {
  const row = [...document.querySelectorAll('#labels tr')][map.label[index]!];
  const mark = row?.querySelector('svg')?.cloneNode(true) ?? '';
  const text = make(
    'span',
    '',
    make('b', '', nameAt(map, map.label[index]!)),
    make('span', 'key', map.photos[index] ?? ''),
  );
  return make('div', 'tip', mark, text);
}

/** A layer of a chart that has several: the same place, one upon the other. */
function layer(chart: HTMLElement): HTMLElement {
  const made = make('div', 'layer');
  chart.append(made);
  return made;
}

function startChart(at: HTMLElement): EChartsType {
  return init(at, undefined, { renderer: 'canvas', devicePixelRatio: Math.max(2, devicePixelRatio) });
}

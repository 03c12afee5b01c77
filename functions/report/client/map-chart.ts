/**
 * The scatter plot, in two charts of one frame that lie on each other: below, all points, drawn anew only
 * when the focus changes; above, what follows the pointer, names and the tooltip, which is quick to draw.
 */
import type { GridComponentOption, ScatterSeriesOption, TooltipComponentOption } from 'echarts';
import type { ComposeOption } from 'echarts/core';
import { formatShare, formatValue } from '../shared/format.ts';
import { SHAPES } from '../shared/marks.ts';
import { type Frame, MARGIN, markAt, type PhotoMap } from './photo-map.ts';
import { placeNames } from './place-names.ts';
import { type Theme, tooltipStyle } from './theme.ts';

export type MapOption = ComposeOption<ScatterSeriesOption | GridComponentOption | TooltipComponentOption>;

/** Below this width, in pixels, points are smaller and the tooltip keeps clear of the pointed half. */
const NARROW = 480;

/** What the reader has brought forward. */
export interface Highlight {
  /** Labels shown in colour, with all others greyed; undefined: all in colour. */
  focus: ReadonlySet<number> | undefined;
  /** Index of the point under the pointer: it and its label are outlined. */
  point: number | undefined;
}

/**
 * The lower chart's whole option: axes and every point.
 *
 * @param alone with the upper chart's series too: for paper, where the upper canvas would blot out this one
 *   (browsers that print a canvas by its drawing commands apply its clearing to the page)
 */
export function pointsOption(
  map: PhotoMap,
  frame: Frame,
  theme: Theme,
  highlight: Highlight,
  alone: boolean,
): MapOption {
  const { focus } = highlight;
  const text = { color: theme.soft, fontFamily: theme.font, fontSize: 12 };
  const axis = (component: number) => ({
    name: `Component ${component + 1} (${formatShare(map.shares[component] ?? 0)} of the variance)`,
    nameLocation: 'middle' as const,
    nameMoveOverlap: false,
    nameTextStyle: { ...text, color: theme.ink },
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      ...text,
      showMinLabel: false,
      showMaxLabel: false,
      hideOverlap: true,
      formatter: formatValue,
    },
    splitLine: { showMinLine: false, showMaxLine: false, lineStyle: { color: theme.rule } },
  });
  const { xAxis, yAxis, ...base } = plane(frame);
  const every = map.x.map((_, index) => index);
  const points: ScatterSeriesOption = {
    ...scatter(map, frame, every),
    id: 'points',
    itemStyle: {
      color: ({ dataIndex }) =>
        focus === undefined || focus.has(map.label[dataIndex]!)
          ? colourOf(map, theme, dataIndex)
          : theme.faint,
      opacity: focus ? 0.45 : 0.85,
      borderColor: theme.ground,
      borderWidth: 0.5,
    },
  };
  return {
    ...base,
    xAxis: { ...xAxis, ...axis(0), show: true, nameGap: 26 },
    yAxis: { ...yAxis, ...axis(1), show: !map.flat, nameGap: 36 },
    series: alone ? [points, ...frontSeries(map, frame, theme, highlight)] : [points],
  };
}

/** The upper chart's whole option; its tooltip belongs to series 2, the point under the pointer. */
export function frontOption(
  map: PhotoMap,
  frame: Frame,
  theme: Theme,
  highlight: Highlight,
  tip: (point: number) => HTMLElement,
): MapOption {
  return {
    ...plane(frame),
    tooltip: {
      ...tooltipStyle(theme),
      trigger: 'item',
      triggerOn: 'none',
      ...(frame.width < NARROW && { position: acrossFrom }),
      formatter: () => tip(highlight.point ?? 0),
    },
    series: frontSeries(map, frame, theme, highlight),
  };
}

function frontSeries(
  map: PhotoMap,
  frame: Frame,
  theme: Theme,
  { focus, point }: Highlight,
): ScatterSeriesOption[] {
  const near = point === undefined ? undefined : map.label[point];
  const layer = (id: string, wanted: (index: number) => boolean, scale: number, outline?: number) => ({
    ...scatter(map, frame, indicesOf(map, wanted), scale),
    id,
    itemStyle: {
      color: ({ value }: { value?: unknown }) => colourOf(map, theme, (value as number[])[2]!),
      opacity: 1,
      borderColor: outline ? theme.ink : theme.ground,
      borderWidth: outline ?? 0.5,
    },
  });
  return [
    layer('focus', (index) => focus?.has(map.label[index]!) ?? false, 1.15),
    layer('near', (index) => map.label[index] === near, 1.15, 0.8),
    layer('point', (index) => index === point, 1.8, 1.5),
    {
      id: 'names',
      type: 'scatter',
      silent: true,
      symbolSize: 0,
      itemStyle: { opacity: 1 },
      data: placeNames(map, frame, focus).map(({ x, y, text, offset }) => ({
        value: [x, y],
        name: text,
        label: { offset },
      })),
      label: {
        show: true,
        position: 'inside',
        formatter: ({ name }) => name,
        color: theme.ink,
        fontFamily: theme.font,
        fontSize: 12,
        textBorderColor: theme.ground,
        textBorderWidth: 3,
      },
    },
  ];
}

/** A tooltip's place at the edge away from the point. */
function acrossFrom(
  point: [number, number],
  _params: unknown,
  _tip: unknown,
  _mark: unknown,
  { contentSize, viewSize }: { contentSize: [number, number]; viewSize: [number, number] },
): [number, number] {
  return [(viewSize[0] - contentSize[0]) / 2, point[1] > viewSize[1] / 2 ? 0 : viewSize[1] - contentSize[1]];
}

/** What both charts have in common: their axes run over the frame, exactly. */
function plane(frame: Frame) {
  const axis = ([min, max]: [number, number]) => ({ type: 'value' as const, show: false, min, max });
  return {
    animation: false,
    grid: { ...MARGIN, outerBoundsMode: 'none' as const },
    xAxis: axis(frame.x),
    yAxis: axis(frame.y),
  };
}

/** A series of these points, each with its label's shape; smaller where there are many, or little room. */
function scatter(map: PhotoMap, frame: Frame, indices: number[], scale = 1) {
  const total = map.x.length;
  const unit = (total > 3000 ? 0.35 : total > 800 ? 0.38 : 0.44) * (frame.width < NARROW ? 0.8 : 1) * scale;
  const shapeOf = (value: number[]) => SHAPES[markAt(map, value[2]!).shape]!;
  return {
    type: 'scatter' as const,
    silent: true,
    // On one canvas and at once, not in later frames: printing waits for none.
    progressiveThreshold: Number.POSITIVE_INFINITY,
    emphasis: { disabled: true },
    data: indices.map((index) => [map.x[index]!, map.y[index]!, index]),
    symbol: (value: number[]) => `path://${shapeOf(value).path}`,
    symbolSize: (value: number[]) => shapeOf(value).box.map((side) => side * unit),
  };
}

function colourOf(map: PhotoMap, theme: Theme, index: number): string {
  return theme.colours[markAt(map, index).colour] ?? (map.labels.length > 1 ? theme.soft : theme.accent);
}

function indicesOf(map: PhotoMap, wanted: (index: number) => boolean): number[] {
  return map.x.flatMap((_, index) => (wanted(index) ? [index] : []));
}

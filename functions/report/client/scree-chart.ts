/** The scree plot: below, the share of each component; above, what the first n hold together. */
import type { BarSeriesOption, GridComponentOption, LineSeriesOption, TooltipComponentOption } from 'echarts';
import type { ComposeOption } from 'echarts/core';
import { formatCount, formatShare } from '../shared/format.ts';
import type { Payload } from '../shared/payload.ts';
import { make } from './elements.ts';
import { type Theme, tooltipStyle } from './theme.ts';

type Option = ComposeOption<
  BarSeriesOption | LineSeriesOption | GridComponentOption | TooltipComponentOption
>;

/** @returns the chart's whole option: one x axis of components over two panels, so that no axis is read twice */
export function screeOption({ shares, kept, elbow, levels }: Payload, theme: Theme): Option {
  let sum = 0;
  const soFar = shares.map((share) => {
    sum += share;
    return sum;
  });
  const text = { color: theme.soft, fontFamily: theme.font, fontSize: 12 };
  const numbers = shares.map((_, at) => at + 1);
  const panel = (gridIndex: number, name: string, max?: number) => ({
    x: {
      type: 'category' as const,
      gridIndex,
      data: numbers,
      axisLine: { lineStyle: { color: theme.faint } },
      axisTick: { show: false },
      axisLabel: { ...text, show: gridIndex === 1, interval: labelled(shares.length), hideOverlap: true },
      axisPointer: { type: 'line' as const, lineStyle: { color: theme.soft, type: 'solid' as const } },
    },
    y: {
      type: 'value' as const,
      gridIndex,
      name,
      nameGap: 14,
      nameTextStyle: { ...text, color: theme.ink, align: 'left' as const, padding: [0, 0, 0, -44] },
      min: 0,
      ...(max === undefined ? { splitNumber: 3 } : { max, interval: max / 4 }),
      axisLabel: { ...text, formatter: (share: number) => `${Number((share * 100).toPrecision(3))}%` },
      splitLine: { lineStyle: { color: theme.rule } },
    },
  });
  const upper = panel(0, 'Share of the variance held so far', 1);
  const lower = panel(1, 'Share of each component');
  const keptName = `${formatCount(kept)} kept: ${formatShare(soFar[kept - 1] ?? 0)}`;
  const keptLine = marker(keptName, kept, shares.length, 'start', theme);
  keptLine.data.push(...levels.map((share) => level(share, theme)));
  return {
    animation: false,
    textStyle: { fontFamily: theme.font },
    grid: [
      { left: 44, right: 8, top: 32, height: '34%' },
      { left: 44, right: 8, top: '58%', bottom: 44 },
    ],
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    tooltip: {
      ...tooltipStyle(theme),
      trigger: 'axis',
      formatter: (params) => {
        const at = (Array.isArray(params) ? params[0] : params)?.dataIndex ?? 0;
        return tip(at, shares[at] ?? 0, soFar[at] ?? 0);
      },
    },
    xAxis: [
      upper.x,
      { ...lower.x, name: 'Component', nameLocation: 'middle', nameGap: 26, nameTextStyle: text },
    ],
    yAxis: [upper.y, lower.y],
    series: [
      {
        id: 'so far',
        type: 'line',
        xAxisIndex: 0,
        yAxisIndex: 0,
        data: soFar,
        symbol: 'circle',
        symbolSize: (_, { dataIndex }) => (dataIndex === kept - 1 ? 7 : 0),
        lineStyle: { color: theme.accent, width: 2 },
        itemStyle: { color: theme.accent },
        emphasis: { disabled: true },
        markLine: keptLine,
      },
      {
        id: 'each',
        type: 'bar',
        xAxisIndex: 1,
        yAxisIndex: 1,
        data: shares,
        barCategoryGap: shares.length > 60 ? '0%' : '25%',
        itemStyle: { color: ({ dataIndex }) => (dataIndex < kept ? theme.accent : theme.faint) },
        emphasis: { disabled: true },
        ...(elbow && {
          markLine: marker(`elbow at ${elbow.components}`, elbow.components, shares.length, 'end', theme),
        }),
      },
    ],
  };
}

/**
 * A vertical line at a component, named where the curve leaves room: at the foot of the rising curve, at
 * the head of the falling bars, and on the wider side.
 */
function marker(name: string, component: number, of: number, position: 'start' | 'end', theme: Theme) {
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { color: theme.ink, width: 1, type: position === 'start' ? ('solid' as const) : [4, 3] },
    label: {
      formatter: () => name,
      position,
      distance: [0, -12],
      align: component > of / 2 ? ('right' as const) : ('left' as const),
      padding: [0, 7],
      color: theme.ink,
      fontFamily: theme.font,
      fontSize: 13,
      textBorderColor: theme.ground,
      textBorderWidth: 3,
    },
    data: [{ xAxis: component - 1 }] as (ReturnType<typeof level> | { xAxis: number })[],
  };
}

/** A line across at a share of the variance. It has no name, as lines at 90 and 95 % lie too close for two; the text tells. */
function level(share: number, theme: Theme) {
  return {
    yAxis: share,
    lineStyle: { color: theme.soft, width: 1, type: [2, 3] },
    label: { show: false },
  };
}

/** Which components the axis numbers: the first, and about ten round ones. */
function labelled(components: number): (index: number) => boolean {
  const step = [1, 2, 5, 10, 20, 50, 100].find((size) => components / size <= 10) ?? 200;
  return (index) => index === 0 || (index + 1) % step === 0;
}

function tip(at: number, share: number, soFar: number): HTMLElement {
  return make(
    'div',
    '',
    make('b', '', `Component ${at + 1}: ${formatShare(share)}`),
    document.createElement('br'),
    `so far ${formatShare(soFar)}`,
  );
}

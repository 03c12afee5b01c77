/** The style sheet's colours and fonts, for the charts: there is one place to change either. */
import { COLOURS } from '../shared/marks.ts';

export interface Theme {
  ground: string;
  raised: string;
  ink: string;
  soft: string;
  rule: string;
  faint: string;
  accent: string;
  font: string;
  /** By `Mark.colour`. */
  colours: string[];
}

/** Reads the theme that holds now: light, dark, or for paper. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: read('ground'),
    raised: read('raised'),
    ink: read('ink'),
    soft: read('soft'),
    rule: read('rule'),
    faint: read('faint'),
    accent: read('accent'),
    font: read('sans'),
    colours: COLOURS.map((_, at) => read(`c${at}`)),
  };
}

/** What both charts' tooltips share: they stay within their chart and look like the page. */
export function tooltipStyle(theme: Theme) {
  return {
    confine: true,
    transitionDuration: 0,
    backgroundColor: theme.raised,
    borderColor: theme.rule,
    borderWidth: 1,
    padding: [8, 10],
    textStyle: { color: theme.ink, fontFamily: theme.font, fontSize: 14 },
    extraCssText: 'white-space:normal;box-shadow:0 2px 10px rgb(0 0 0/.14)',
  };
}

/**
 * The sample fruits: one entry a kind, in alphabetical order.
 */
import { blueberries, cherries, grapes } from './fruit/bunches.ts';
import { halfCoconut, halfKiwi, watermelonSlice } from './fruit/cut.ts';
import { banana, pineapple, strawberry } from './fruit/rough.ts';
import { goldenApple, lemon, orange, pear, redApple, tomato } from './fruit/smooth.ts';
import type { Part } from './shapes.ts';

/** One kind of fruit: what it is made of, and how far it may be turned before the camera, in degrees. */
export interface Fruit {
  label: string;
  /** Its surfaces. Sizes are free, for every photo is fitted; y is the fruit's own axis, its stem on top. */
  parts: () => Part[];
  /** First spun about its axis: the views are spread evenly over this range. */
  spin: Range;
  /** Then its top tilted towards the camera, then rolled on the paper: drawn for each view. */
  tilt: Range;
  roll: Range;
}

export type Range = readonly [from: number, to: number];

const ALL: Range = [0, 360];

export const FRUITS: readonly Fruit[] = [
  { label: 'Apple Golden', parts: goldenApple, spin: ALL, tilt: [20, 45], roll: [-20, 20] },
  { label: 'Apple Red', parts: redApple, spin: ALL, tilt: [20, 45], roll: [-20, 20] },
  { label: 'Banana', parts: banana, spin: [-25, 25], tilt: [-25, 25], roll: ALL },
  { label: 'Blueberry', parts: blueberries, spin: ALL, tilt: [35, 60], roll: [-20, 20] },
  { label: 'Cherry', parts: cherries, spin: [-40, 40], tilt: [-5, 25], roll: [-40, 40] },
  { label: 'Coconut', parts: halfCoconut, spin: ALL, tilt: [35, 62], roll: [-35, 35] },
  { label: 'Grape Blue', parts: grapes, spin: ALL, tilt: [-10, 20], roll: [-30, 30] },
  { label: 'Kiwi', parts: halfKiwi, spin: ALL, tilt: [48, 78], roll: [-40, 40] },
  { label: 'Lemon', parts: lemon, spin: ALL, tilt: [-20, 35], roll: ALL },
  { label: 'Orange', parts: orange, spin: ALL, tilt: [30, 60], roll: [-60, 60] },
  { label: 'Pear', parts: pear, spin: ALL, tilt: [0, 25], roll: [-30, 30] },
  { label: 'Pineapple', parts: pineapple, spin: ALL, tilt: [-5, 20], roll: [-25, 25] },
  { label: 'Strawberry', parts: strawberry, spin: ALL, tilt: [5, 35], roll: [-40, 40] },
  { label: 'Tomato', parts: tomato, spin: ALL, tilt: [30, 60], roll: [-30, 30] },
  { label: 'Watermelon', parts: watermelonSlice, spin: [-28, 28], tilt: [-5, 25], roll: [-30, 30] },
];

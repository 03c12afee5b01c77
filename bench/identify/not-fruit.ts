/** Pictures that show no fruit: noise of several grains, and charts. */
import type { Pixels } from '../../functions/core/ports.ts';

const SIDE = 200;

/** So many pictures, the same each time. */
export function* notFruit(count: number): Generator<Pixels> {
  let state = 1;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const colour = () => [random(), random(), random()].map((value) => Math.floor(256 * value));
  for (let picture = 0; picture < count; picture++) {
    yield picture % 2 === 0 ? noise(random, [1, 4, 8, 25][(picture / 2) % 4]!) : chart(random, colour);
  }
}

/** Squares of a side, each of a colour. */
function noise(random: () => number, grain: number): Pixels {
  const data = new Uint8Array(SIDE * SIDE * 3);
  const cells = Uint8Array.from({ length: 3 * Math.ceil(SIDE / grain) ** 2 }, () => 256 * random());
  for (let y = 0, at = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, at += 3) {
      const cell = 3 * (Math.floor(y / grain) * Math.ceil(SIDE / grain) + Math.floor(x / grain));
      data.set(cells.subarray(cell, cell + 3), at);
    }
  }
  return { data, width: SIDE, height: SIDE };
}

/** Bars, or a jagged line, between axes on white. */
function chart(random: () => number, colour: () => number[]): Pixels {
  const data = new Uint8Array(SIDE * SIDE * 3).fill(255);
  const fill = (left: number, top: number, right: number, bottom: number, paint: number[]) => {
    for (let y = Math.max(0, top); y < Math.min(SIDE, bottom); y++) {
      for (let x = left; x < Math.min(SIDE, right); x++) data.set(paint, 3 * (y * SIDE + x));
    }
  };
  fill(20, 10, 22, 180, [0, 0, 0]);
  fill(20, 178, 190, 180, [0, 0, 0]);
  if (random() < 0.5) {
    for (let x = 28; x < 180; x += 20) fill(x, Math.floor(20 + 150 * random()), x + 14, 178, colour());
  } else {
    const paint = colour();
    let height = 100;
    for (let x = 24; x < 190; x += 2) {
      height = Math.min(170, Math.max(15, height + Math.floor(16 * random() - 8)));
      fill(x, height, x + 3, height + 3, paint);
    }
  }
  return { data, width: SIDE, height: SIDE };
}

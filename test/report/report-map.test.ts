/** Marks, frames and names of the report's scatter plot, without a browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  byFolder,
  type Frame,
  frameMap,
  inside,
  moved,
  nearestPoint,
  type PhotoMap,
  readMap,
  toPixels,
  zoomed,
  zoomOf,
} from '../../functions/report/client/photo-map.ts';
import { placeNames } from '../../functions/report/client/place-names.ts';
import { packPayload } from '../../functions/report/page/pack-payload.ts';
import { COLOURS, markOf, SHAPES } from '../../functions/report/shared/marks.ts';
import { sampleReport } from './report-fixture.ts';

test('132 labels have marks of their own, and neighbours differ in colour and in shape', () => {
  const marks = Array.from({ length: 132 }, (_, place) => markOf(place));
  assert.equal(new Set(marks.map(({ colour, shape }) => `${colour} ${shape}`)).size, 132);
  for (const [at, { colour, shape }] of marks.entries()) {
    const next = markOf(at + 1);
    assert.notEqual(next.colour, colour);
    assert.notEqual(next.shape, shape);
  }
  assert.equal(new Set(SHAPES.map(({ path }) => path)).size, SHAPES.length);
});

test('every colour stands out 3:1 or more against its ground (WCAG 2.2, 1.4.11)', () => {
  for (const { light, dark } of COLOURS) {
    assert.ok(contrast(light, '#fcfbf8') >= 3, `${light} on light`);
    assert.ok(contrast(light, '#ffffff') >= 3, `${light} on paper`);
    assert.ok(contrast(dark, '#141714') >= 3, `${dark} on dark`);
  }
});

test('a unit is as long across as up, whatever the room, and no point is outside', () => {
  const map = mapOf(30, 20);
  for (const width of [328, 680, 780, 1400]) {
    const frame = frameMap(map, width);
    const [zeroX, zeroY] = toPixels(frame, 0, 0);
    const [oneX, oneY] = toPixels(frame, 1, 1);
    assert.ok(Math.abs(oneX - zeroX - (zeroY - oneY)) < 1e-9);
    for (const [at, x] of map.x.entries()) {
      const [right, down] = toPixels(frame, x, map.y[at] ?? 0);
      assert.ok(right > 50 && right < width - 12 && down > 12 && down < frame.height - 44);
    }
  }
});

test('one component gives bands in the order of keys, two photos or two thousand', () => {
  for (const each of [2, 200]) {
    const map = readMap(packPayload(sampleReport(4, each, { components: 1 })).payload);
    const lowest = map.labels.map((_, label) =>
      Math.min(...map.y.filter((_, at) => map.label[at] === label)),
    );
    const highest = map.labels.map((_, label) =>
      Math.max(...map.y.filter((_, at) => map.label[at] === label)),
    );
    for (const label of [0, 1, 2]) assert.ok((lowest[label] ?? 0) > (highest[label + 1] ?? 0));
  }
});

test('points of all labels are mixed, each once', () => {
  const map = mapOf(10, 100);
  assert.equal(new Set(map.order).size, 1000);
  for (let from = 0; from < 1000; from += 100) {
    assert.ok(new Set(map.order.slice(from, from + 100).map((at) => map.label[at])).size >= 9);
  }
});

test('the nearest point within reach is found, one of the focus before a nearer one of other labels', () => {
  const map = { ...mapOf(1, 1), x: [0, 1, 9], y: [0, 0, 9], label: [0, 1, 2] };
  const frame: Frame = { width: 1066, height: 1056, x: [0, 10], y: [0, 10] };
  const place = toPixels(frame, 0.1, 0);
  const near = (reach: number, focus?: Set<number>) => nearestPoint(map, frame, place, reach, focus);
  assert.equal(near(200), 0);
  assert.equal(near(5), undefined);
  assert.equal(near(200, new Set([1])), 1);
  assert.equal(near(200, new Set([2])), 0);
});

test('enlarged, the place under the pointer stays, and what is drawn never leaves the whole', () => {
  const map = mapOf(5, 20);
  const whole = frameMap(map, 800);
  const place: [number, number] = [300, 200];
  const before = [whole.x[0] + ((place[0] - 54) / 734) * (whole.x[1] - whole.x[0])];
  const frame = zoomed(whole, whole, 4, place);
  assert.ok(Math.abs(zoomOf(frame, whole) - 4) < 1e-9);
  assert.ok(Math.abs(toPixels(frame, before[0] ?? 0, 0)[0] - place[0]) < 1e-6);
  const far = moved(frame, whole, 1e6, -1e6);
  assert.ok(Math.abs(far.x[0] - whole.x[0]) < 1e-9 && Math.abs(far.y[0] - whole.y[0]) < 1e-9);
  const right = moved(frame, whole, 10, 0);
  assert.ok(
    Math.abs(toPixels(right, map.x[3] ?? 0, 0)[0] - toPixels(frame, map.x[3] ?? 0, 0)[0] - 10) < 1e-6,
  );
  assert.deepEqual(zoomed(frame, whole, 1e-9, place).x, whole.x);
});

test('a lasso holds what lies inside it, by the even-odd rule', () => {
  const outline: [number, number][] = [
    [0, 0],
    [10, 0],
    [10, 10],
    [5, 5],
    [0, 10],
  ];
  assert.ok(inside(outline, [2, 5]) && inside(outline, [8, 5]));
  assert.ok(!inside(outline, [5, 8]) && !inside(outline, [-1, 5]) && !inside(outline, [11, 5]));
});

test('folders above labels make groups of their own, those without one last', () => {
  const { label, labels } = byFolder(['a/x/1.jpg', 'a/y/2.jpg', 'b/c/x/3.jpg', 'x/4.jpg', '5.jpg']);
  assert.deepEqual(labels, ['a', 'b/c', null]);
  assert.deepEqual(label, [0, 0, 1, 2, 2]);
});

test('names stand only at labels that keep to themselves, within the frame, and never on each other', () => {
  const map = mapOf(131, 46);
  for (const width of [328, 780]) {
    const frame = frameMap(map, width);
    const names = placeNames(map, frame, undefined);
    assert.ok(names.length >= 10, `${names.length} names at ${width} pixels`);
    const boxes = names.map(({ x, y, text, offset: [right, down] }) => {
      const [centre, middle] = toPixels(frame, x, y);
      // 6 pixels a letter: what 12-pixel type takes on the average.
      return { left: centre + right - text.length * 3, width: text.length * 6, middle: middle + down };
    });
    for (const [at, box] of boxes.entries()) {
      assert.ok(box.left >= 0 && box.left + box.width <= width, names[at]?.text);
      for (const other of boxes.slice(at + 1)) {
        const apart = box.left + box.width <= other.left || other.left + other.width <= box.left;
        assert.ok(apart || Math.abs(box.middle - other.middle) >= 12);
      }
    }
  }
});

test('three labels in one place have no name there, unless the reader asks for one', () => {
  const data = sampleReport(3, 40);
  const points = data.points.map((point, at) => ({ ...point, at: [Math.sin(at * 7), Math.cos(at * 11)] }));
  const map = readMap(packPayload({ ...data, points }).payload);
  const frame = frameMap(map, 780);
  assert.deepEqual(placeNames(map, frame, undefined), []);
  assert.deepEqual(
    placeNames(map, frame, new Set([1])).map(({ text }) => text),
    ['Apricot Golden 1'],
  );
});

function mapOf(labels: number, each: number): PhotoMap {
  return readMap(packPayload(sampleReport(labels, each)).payload);
}

/** WCAG 2.2's contrast ratio of two #rrggbb colours. */
function contrast(a: string, b: string): number {
  const [bright, dim] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (bright + 0.05) / (dim + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

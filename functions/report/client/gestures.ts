/** What fingers, mouse and wheel do to the map: move it, enlarge it, draw an outline on it, point at it. */

type Place = [x: number, y: number];

export type Tool = 'move' | 'box' | 'lasso';

export interface Gestures {
  tool(): Tool;
  /** Whether the map is larger than the whole, so that a finger moves it and not the page. */
  isEnlarged(): boolean;
  onMove(right: number, down: number): void;
  onZoom(factor: number, place: Place): void;
  /** The outline so far; at its end `done`. */
  onOutline(outline: Place[], done: boolean): void;
  /** The pointer rests there, undefined: nowhere. */
  onPoint(place: Place | undefined, type: string): void;
  /** Pressed and released in one place. */
  onPress(place: Place, type: string): void;
}

/** Pixels from which a press is a drag. */
const DRAG = 5;
/** Milliseconds after the page was scrolled in which the wheel goes on scrolling it. */
const SCROLLING = 300;

export function listenToGestures(element: HTMLElement, gestures: Gestures): void {
  const down = new Map<number, Place>();
  let start: Place | undefined;
  let last: Place = [0, 0];
  let isDrag = false;
  let type = 'mouse';
  let outline: Place[] = [];
  let scrolled = Number.NEGATIVE_INFINITY;

  const placeOf = (event: MouseEvent): Place => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const toolOf = (event: PointerEvent) => (event.shiftKey ? 'box' : gestures.tool());
  const spread = () => {
    const [a = [0, 0], b = [0, 0]] = [...down.values()] as Place[];
    return {
      apart: Math.hypot(a[0] - b[0], a[1] - b[1]),
      middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] as Place,
    };
  };
  let pinch = { apart: 0, middle: [0, 0] as Place };

  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    const place = placeOf(event);
    down.set(event.pointerId, place);
    if (event.pointerType !== 'touch' || gestures.isEnlarged() || toolOf(event) !== 'move') {
      element.setPointerCapture(event.pointerId);
    }
    if (down.size === 2) {
      pinch = spread();
      isDrag = true;
      outline = [];
      gestures.onOutline([], false);
      return;
    }
    [start, last, isDrag, outline] = [place, place, false, [place]];
  });

  element.addEventListener('pointermove', (event) => {
    const place = placeOf(event);
    if (!down.has(event.pointerId)) {
      if (event.pointerType === 'mouse') gestures.onPoint(place, event.pointerType);
      return;
    }
    down.set(event.pointerId, place);
    if (down.size === 2) {
      const now = spread();
      gestures.onMove(now.middle[0] - pinch.middle[0], now.middle[1] - pinch.middle[1]);
      if (pinch.apart > 0) gestures.onZoom(now.apart / pinch.apart, now.middle);
      pinch = now;
      return;
    }
    if (start === undefined) return;
    if (!isDrag && Math.hypot(place[0] - start[0], place[1] - start[1]) < DRAG) return;
    if (!isDrag) gestures.onPoint(undefined, event.pointerType);
    isDrag = true;
    const tool = toolOf(event);
    if (tool === 'move') gestures.onMove(place[0] - last[0], place[1] - last[1]);
    else {
      if (tool === 'lasso') outline.push(place);
      else outline = [start, [place[0], start[1]], place, [start[0], place[1]]];
      gestures.onOutline(outline, false);
    }
    last = place;
  });

  const release = (event: PointerEvent) => {
    if (!down.delete(event.pointerId)) return;
    type = event.pointerType;
    if (event.type === 'pointercancel') gestures.onOutline([], false);
    else if (isDrag && down.size === 0 && outline.length > 2) gestures.onOutline(outline, true);
    if (down.size === 0) start = undefined;
    outline = [];
  };
  element.addEventListener('pointerup', release);
  // Not before the click: where a finger was, it would press what has come up there meanwhile.
  element.addEventListener('click', (event) => {
    if (!isDrag) gestures.onPress(placeOf(event), type);
  });
  element.addEventListener('pointercancel', release);
  element.addEventListener('pointerleave', (event) => {
    if (event.pointerType === 'mouse' && down.size === 0) gestures.onPoint(undefined, event.pointerType);
  });

  addEventListener('scroll', () => {
    scrolled = performance.now();
  });
  element.addEventListener(
    'wheel',
    (event) => {
      // Whoever scrolls past the map wants to go on; and away from the whole, outwards, there is only the page.
      if (!event.ctrlKey && performance.now() - scrolled < SCROLLING) return;
      if (event.deltaY > 0 && !gestures.isEnlarged()) return;
      event.preventDefault();
      const pixels = event.deltaMode === 0 ? event.deltaY : event.deltaY * 30;
      gestures.onZoom(
        Math.exp(-Math.max(-150, Math.min(150, pixels)) / (event.ctrlKey ? 80 : 320)),
        placeOf(event),
      );
    },
    { passive: false },
  );
}

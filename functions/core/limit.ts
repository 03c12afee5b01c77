/** Runs a task when its turn comes; the task may give up its turn before it ends. */
export type Turn = <T>(work: (giveUp: () => void) => Promise<T>) => Promise<T>;

/** Lets at most so many tasks run at a time; the others wait, first come, first served. */
export function limit(most: number): Turn {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < most) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    let isOver = false;
    const giveUp = () => {
      if (isOver) return;
      isOver = true;
      const next = waiting.shift();
      if (next) next();
      else running--;
    };
    try {
      return await work(giveUp);
    } finally {
      giveUp();
    }
  };
}

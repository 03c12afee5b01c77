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

/** Lets tasks run at the same time whose sizes are together at most `most`, a larger one alone; first come, first served. */
export function limitSum(most: number): <T>(size: number, work: () => Promise<T>) => Promise<T> {
  const waiting: { size: number; begin: () => void }[] = [];
  let running = 0;
  const goOn = () => {
    for (let next = waiting[0]; next && running + next.size <= most; next = waiting[0]) {
      waiting.shift();
      running += next.size;
      next.begin();
    }
  };
  return async (asked, work) => {
    const size = Math.min(asked, most);
    await new Promise<void>((begin) => {
      waiting.push({ size, begin });
      goOn();
    });
    try {
      return await work();
    } finally {
      running -= size;
      goOn();
    }
  };
}

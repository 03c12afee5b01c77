/** Runs a task when its turn comes; the task may give up its turn before it ends. */
export type Turn = <T>(work: (giveUp: () => void) => Promise<T>) => Promise<T>;

/** Lets at most so many tasks run at a time; the others wait, first come, first served. */
export function limit(most: number): Turn {
  const turn = limitSum(most);
  return (work) => turn(1, work);
}

/** Lets tasks run at the same time whose sizes are together at most `most`, a larger one alone; first come, first served. */
export function limitSum(most: number) {
  const waiting: { size: number; begin: () => void }[] = [];
  let running = 0;

  function goOn(): void {
    for (let next = waiting[0]; next && running + next.size <= most; next = waiting[0]) {
      waiting.shift();
      running += next.size;
      next.begin();
    }
  }

  return async <T>(asked: number, work: (giveUp: () => void) => Promise<T>): Promise<T> => {
    const size = Math.min(asked, most);
    await new Promise<void>((begin) => {
      waiting.push({ size, begin });
      goOn();
    });
    let isOver = false;
    const giveUp = () => {
      if (isOver) return;
      isOver = true;
      running -= size;
      goOn();
    };
    try {
      return await work(giveUp);
    } finally {
      giveUp();
    }
  };
}

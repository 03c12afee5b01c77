/** What the identify benchmark asks: photos that are known, and photos to identify that nothing has seen. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type LabelledPhoto, SHARED, sharedTasks, spinOf, spinOrder, type Task } from '../quality/tasks.ts';

/** The tasks over `../shared`, those for which the photos are there. */
export async function identifyTasks(): Promise<Task[]> {
  const tasks = await sharedTasks();
  if (existsSync(join(SHARED, 'fruits-360'))) tasks.push(...studioTasks());
  return tasks;
}

/**
 * Of each spin of each of the 80 varieties the first 30 % of the frames against the last 50 %; and one axis against the others.
 * 57 of the varieties are among what the weights of the split were trained on.
 */
function studioTasks(): Task[] {
  const spins: Task = {
    title: '80 studio varieties, the first 30 % of each spin against the last 50 %',
    train: [],
    test: [],
  };
  const axes: Task = {
    title: 'studio varieties spun about several axes, one axis against the others',
    train: [],
    test: [],
  };
  for (const part of ['sample', 'more']) {
    const folder = join(SHARED, 'fruits-360', part);
    for (const label of readdirSync(folder)) {
      const names = spinOrder(readdirSync(join(folder, label)).filter((name) => name.endsWith('.jpg')));
      const bySpin = new Map<string, string[]>();
      for (const name of names) {
        const { axis } = spinOf(name);
        bySpin.set(axis, [...(bySpin.get(axis) ?? []), name]);
      }
      const photo = (name: string): LabelledPhoto => ({ label, path: join(folder, label, name) });
      for (const [at, frames] of [...bySpin.values()].entries()) {
        spins.train.push(...frames.slice(0, Math.round(frames.length * 0.3)).map(photo));
        spins.test.push(...frames.slice(Math.round(frames.length * 0.5)).map(photo));
        if (bySpin.size > 1) axes[at === 0 ? 'train' : 'test'].push(...frames.map(photo));
      }
    }
  }
  return [spins, axes];
}

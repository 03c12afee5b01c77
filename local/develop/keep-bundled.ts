/** Keeps the bundles up to date while their sources change. */
import { stateOf } from '../../model/files.ts';

export type KeptBundles = Awaited<ReturnType<typeof keepBundled>>;

export interface KeepBundledOptions {
  /** Folder of the sources. */
  sources: string;
  /** Makes the bundles. @throws where the sources do not compile */
  bundle(): Promise<unknown>;
  /** Called after each bundling but the first, with the milliseconds it took. */
  onBundled(milliseconds: number): void;
  /** Called where bundling fails; the previous bundles stay. */
  onFailed(error: Error): void;
}

/**
 * Bundles, and bundles again when a source changes. The sources are checked twice a second and before each
 * invocation, so that the first invocation after a change runs it: a watcher reports a moment later, esbuild's own up
 * to two seconds later.
 *
 * @throws whatever the first bundling throws
 */
export async function keepBundled({ sources, bundle, onBundled, onFailed }: KeepBundledOptions) {
  let tried = stateOf(sources);
  let bundling = bundle();
  await bundling;

  async function bundleAgain(): Promise<void> {
    const start = performance.now();
    try {
      await bundle();
      onBundled(performance.now() - start);
    } catch (error) {
      onFailed(error as Error);
    }
  }

  /** Settles once the bundles match the sources, or the sources do not compile. */
  async function upToDate(): Promise<void> {
    for (let state = stateOf(sources); state !== tried; state = stateOf(sources)) {
      tried = state;
      bundling = bundling.then(bundleAgain);
      await bundling;
    }
    await bundling;
  }

  const timer = setInterval(() => void upToDate(), LOOK_EACH_MS).unref();
  return { upToDate, close: () => clearInterval(timer) };
}

const LOOK_EACH_MS = 500;

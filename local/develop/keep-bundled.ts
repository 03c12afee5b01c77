/** Keeps the bundles up to date while their sources change. */
import { stateOf } from '../../model/files.ts';

export interface KeptBundles {
  /** Settles once the bundles match the sources, or the sources do not compile. */
  upToDate(): Promise<void>;
  close(): void;
}

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
export async function keepBundled(options: KeepBundledOptions): Promise<KeptBundles> {
  const { sources, bundle, onBundled, onFailed } = options;
  let tried = stateOf(sources);
  let bundling: Promise<void> | undefined;
  await bundle();

  async function bundleAgain(): Promise<void> {
    const start = performance.now();
    try {
      await bundle();
      onBundled(performance.now() - start);
    } catch (error) {
      onFailed(error as Error);
    }
    bundling = undefined;
  }

  async function upToDate(): Promise<void> {
    for (let state = stateOf(sources); bundling || state !== tried; state = stateOf(sources)) {
      if (!bundling) {
        tried = state;
        bundling = bundleAgain();
      }
      await bundling;
    }
  }

  const timer = setInterval(() => void upToDate(), LOOK_EACH_MS).unref();
  return { upToDate, close: () => clearInterval(timer) };
}

const LOOK_EACH_MS = 500;

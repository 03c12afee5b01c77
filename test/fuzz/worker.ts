/** Decodes and featurizes photos that it is sent, one after the other: a process that may end or be ended. */
import { openSession } from '../../functions/adapters/onnx.ts';
import { Refusal } from '../../functions/core/errors.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';

/** What became of a photo. */
export interface Verdict {
  kind: 'accepted' | 'refused' | 'thrown';
  /** Size, or reason and detail. */
  said: string;
  /** Seconds of one core. */
  seconds: number;
  /** Bytes that this process has taken at most, up to now. */
  memory: number;
}

const LIMITS = { maxBytes: 50_000_000, maxPixels: 65_000_000 };
const session = await openSession(process.argv[2] ?? '');

process.on('message', async (photo: Uint8Array) => {
  const before = process.cpuUsage();
  const outcome = await judge(photo);
  const { user, system } = process.cpuUsage(before);
  const verdict: Verdict = {
    ...outcome,
    seconds: (user + system) / 1e6,
    memory: process.resourceUsage().maxRSS * 1024,
  };
  process.send?.(verdict);
});
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.send?.('ready');

async function judge(photo: Uint8Array): Promise<Pick<Verdict, 'kind' | 'said'>> {
  try {
    const { pixels } = await decodePhoto(photo, LIMITS);
    const { data, width, height } = pixels;
    const said = `${width} × ${height}`;
    if (data.length !== width * height * 3 || data.length === 0) {
      return { kind: 'thrown', said: `${said}, but ${data.length} bytes of pixels` };
    }
    const features = await session.run(pixels);
    if (features.every(Number.isFinite)) return { kind: 'accepted', said };
    return { kind: 'thrown', said: `${said}, but features that are no numbers` };
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', said: `${error.reason}: ${error.message}` };
    return { kind: 'thrown', said: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

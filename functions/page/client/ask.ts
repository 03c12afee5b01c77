import type { Words } from './words.ts';

/** What identify answers, of which the page shows this. */
export interface Answer {
  answer: string | null;
  known: boolean;
  confidence: number;
  candidates: { label: string; probability: number }[];
  neighbours: { key: string; label: string | null; similarity: number }[];
}

/** An answer, or what to say instead. */
export type Asked = { found: Answer } | { problem: string; needsToken?: boolean };

/** Sends a photo to be identified. */
export async function ask(photo: Blob, token: string, words: Words): Promise<Asked> {
  if (!navigator.onLine) return { problem: words.offline };
  let response: Response;
  try {
    response = await fetch('identify', {
      method: 'POST',
      // Whatever it says it is: it is told by its content, and this is handed on byte by byte everywhere.
      headers: {
        'content-type': 'application/octet-stream',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: photo,
    });
  } catch {
    return { problem: navigator.onLine ? words.unreachable : words.offline };
  }
  if (response.ok) return { found: (await response.json()) as Answer };
  if (response.status === 401) return { problem: words.tokenNeeded, needsToken: true };
  const reason = await response.json().then(
    ({ reason }) => String(reason),
    () => '',
  );
  return { problem: problemOf(response.status, reason, words) };
}

function problemOf(status: number, reason: string, words: Words): string {
  if (status === 413) return words.tooLarge;
  if (status === 415 || reason === 'unsupported-format') return words.noPhoto;
  if (status === 422) return words.damaged;
  if (status === 429 || (status === 503 && reason === '')) return words.busy;
  return status === 503 ? words.notReady : words.unreachable;
}

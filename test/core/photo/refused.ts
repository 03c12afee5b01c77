import assert from 'node:assert/strict';
import { Refusal, type RefusalReason } from '../../../functions/core/errors.ts';

/** Asserts that decoding ends in a refusal of this reason, whose words match. */
export async function assertRefused(
  decoding: Promise<unknown>,
  reason: RefusalReason,
  detail: RegExp,
): Promise<void> {
  await assert.rejects(decoding, (error) => {
    assert.ok(error instanceof Refusal, String(error));
    assert.equal(error.reason, reason, error.message);
    assert.match(error.message, detail);
    return true;
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ContractBroken,
  InvalidRequest,
  ModelMismatch,
  Refusal,
  TooFewRows,
  VergerError,
} from '../../functions/core/errors.ts';

test('each error has its own code and name, and keeps its message and cause', () => {
  const cause = new Error('below');
  for (const [error, code, name] of [
    [new Refusal('corrupt', 'said', { cause }), 'PHOTO_REFUSED', 'Refusal'],
    [new InvalidRequest('said', { cause }), 'INVALID_REQUEST', 'InvalidRequest'],
    [new ContractBroken('said', { cause }), 'CONTRACT_BROKEN', 'ContractBroken'],
    [new ModelMismatch('said', { cause }), 'MODEL_MISMATCH', 'ModelMismatch'],
    [new TooFewRows('said', { cause }), 'TOO_FEW_ROWS', 'TooFewRows'],
  ] as const) {
    assert.ok(error instanceof VergerError);
    assert.deepEqual([error.code, error.name, error.message, error.cause], [code, name, 'said', cause]);
  }
});

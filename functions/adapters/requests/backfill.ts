import type { BackfillCommand } from '../../core/backfill.ts';
import { InvalidRequest } from '../../core/errors.ts';
import { preview } from '../../core/preview.ts';
import { checkKey, isFields } from './fields.ts';

/**
 * A request to backfill: `{ "prefix": "fruits/" }` (default: every photo), `{ "resume": "<run>" }`, `{ "stop":
 * "<run>" }` or `{ "status": "<run>" }`.
 *
 * @throws InvalidRequest naming what is wrong
 */
export function parseBackfillEvent(event: unknown): BackfillCommand {
  const command = event ?? {};
  if (isFields(command)) {
    const [name = 'prefix', ...more] = Object.keys(command);
    const { [name]: value = '' } = command;
    if (BACKFILL_COMMANDS.includes(name) && typeof value === 'string' && more.length === 0) {
      if (name === 'prefix' && value !== '') checkKey(value, name);
      return { [name]: value } as BackfillCommand;
    }
  }
  const expected = BACKFILL_COMMANDS.map((name) => `{ "${name}": "..." }`).join(', ');
  throw new InvalidRequest(`backfill takes one of ${expected}; got ${preview(event)}`);
}

const BACKFILL_COMMANDS = ['prefix', 'resume', 'stop', 'status'];

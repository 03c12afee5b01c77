import { VergerError } from '../../functions/core/errors.ts';

/** Something in the local stack that a person can put right. */
export class LocalError extends VergerError {
  constructor(message: string) {
    super('LOCAL_STACK', message);
  }
}

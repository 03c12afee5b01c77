/** Something in the local stack that a person can put right: shown without a stack trace. */
export class LocalError extends Error {
  override name = 'LocalError';
}

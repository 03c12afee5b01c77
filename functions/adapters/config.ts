/** Settings from the environment, read when a function starts. */
import { InvalidRequest } from '../core/errors.ts';
import type { PhotoScope } from '../core/photo/photo-key.ts';

/** Reads a required setting. @throws InvalidRequest naming it */
export function setting(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new InvalidRequest(`environment variable ${name} is not set; serverless.yml sets it on deploy`);
  return value;
}

/** Which objects are photos: `PHOTO_PREFIX` and `PHOTO_SUFFIX`, each empty where it is not set. */
export function photoScope(): PhotoScope {
  const { PHOTO_PREFIX: prefix = '', PHOTO_SUFFIX: suffix = '' } = process.env;
  return { prefix, suffix };
}

/** Reads a whole number above zero. @throws InvalidRequest naming the setting and its value */
export function wholeNumberSetting(name: string): number {
  const value = Number(setting(name));
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidRequest(
      `environment variable ${name} should be a whole number above 0, is ${process.env[name]}`,
    );
  }
  return value;
}

/** Which of S3's refusals concern one object, so that asking again is useless until somebody changes something. */
import { S3ServiceException } from '@aws-sdk/client-s3';
import { Refusal } from '../core/errors.ts';

/**
 * Turns S3's answer that it does not hand out this object into a refusal with S3's own words. Any other error stays
 * as it is: a denied bucket, above all, is a fault to be mended, not the photo's.
 */
export function refuseUnreadable(error: unknown, key: string): unknown {
  if (!(error instanceof S3ServiceException) || !isAboutObject(error)) return error;
  return new Refusal('unreadable', `S3 does not hand out ${key}: ${error.name}: ${error.message}`, {
    cause: error,
  });
}

function isAboutObject({ name, message, $metadata }: S3ServiceException): boolean {
  switch ($metadata.httpStatusCode) {
    case 403:
      return name === 'InvalidObjectState' || (name === 'AccessDenied' && KEY_DENIED.test(message));
    case 400:
      return KEY_UNUSABLE.includes(name) || (name === 'InvalidRequest' && CUSTOMER_KEY.test(message));
    default:
      return false;
  }
}

/**
 * S3 says AccessDenied both where the bucket is denied and where KMS denies the object's key. Only its words differ;
 * only their beginning is read, as the object's name follows.
 */
const KEY_DENIED =
  /^(User: \S+ is not authorized to perform: kms:|The ciphertext refers to a customer master key that does not exist)/;

/** The object's key is disabled, about to be deleted, deleted, or not for encryption. */
const KEY_UNUSABLE = [
  'KMS.DisabledException',
  'KMS.InvalidKeyUsageException',
  'KMS.KMSInvalidStateException',
  'KMS.NotFoundException',
];

/** Encrypted with a key that only the uploader has (SSE-C). */
const CUSTOMER_KEY = /^The object was stored using a form of Server Side Encryption/;

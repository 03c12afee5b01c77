/** What S3 says of objects that it does not hand out, answered by a server that says it. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import { createPhotoStore } from '../../functions/adapters/s3.ts';
import { Refusal } from '../../functions/core/errors.ts';
import type { PhotoStore } from '../../functions/core/ports.ts';
import { CREDENTIALS } from '../../local/stack/environment.ts';
import { close, listen } from '../../local/stack/listen.ts';

const KEY = 'User: x is not authorized to perform: kms:Decrypt.jpg';
const ROLE = 'arn:aws:sts::123456789012:assumed-role/verger-dev-featurize/verger-dev-featurize';

let answer: { status: number; code: string; message: string };
let listed: string[];
let server: Server;
let client: S3Client;
let photos: PhotoStore;

before(async () => {
  server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://s3');
    if (searchParams.has('list-type')) {
      const contents = listed.map(
        (key) => `<Contents><Key>${key}</Key><ETag>"e1"</ETag><Size>7</Size></Contents>`,
      );
      response.end(`<ListBucketResult>${contents.join('')}</ListBucketResult>`);
    } else {
      const { status, code, message } = answer;
      response.writeHead(status);
      response.end(
        request.method === 'HEAD' ? '' : `<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
      );
    }
  });
  client = new S3Client({
    endpoint: await listen(server, { port: 0, what: 'S3', variable: 'none' }),
    region: 'eu-west-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: {
      accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID,
      secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
    },
  });
  photos = createPhotoStore(client, 'photos');
});

after(async () => {
  client.destroy();
  await close(server);
});

describe('a photo that S3 does not hand out is refused in its words', () => {
  const cases: [string, number, string, string][] = [
    ['archived', 403, 'InvalidObjectState', "The operation is not valid for the object's storage class"],
    [
      'its key denied by its policy',
      403,
      'AccessDenied',
      `User: ${ROLE} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
    ],
    [
      'its key denied by the role',
      403,
      'AccessDenied',
      `User: ${ROLE} is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/1 because no identity-based policy allows the kms:Decrypt action`,
    ],
    [
      'its key denied, in the older words',
      403,
      'AccessDenied',
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    ],
    [
      'its key disabled',
      400,
      'KMS.DisabledException',
      'arn:aws:kms:eu-west-1:123456789012:key/1 is disabled.',
    ],
    [
      'its key about to be deleted',
      400,
      'KMS.KMSInvalidStateException',
      'arn:aws:kms:eu-west-1:123456789012:key/1 is pending deletion.',
    ],
    [
      'encrypted with a key that only its uploader has',
      400,
      'InvalidRequest',
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
    ],
  ];
  for (const [what, status, code, message] of cases) {
    test(what, async () => {
      answer = { status, code, message };
      await assert.rejects(
        photos.read({ key: 'a.jpg', etag: 'e1' }, 100),
        (error) =>
          error instanceof Refusal &&
          error.reason === 'unreadable' &&
          error.message.startsWith('S3 does not hand out a.jpg') &&
          error.message.includes(`${code}: ${message}`),
      );
    });
  }
});

describe('any other error of S3 is thrown', () => {
  const cases: [string, number, string, string][] = [
    ['the bucket denied', 403, 'AccessDenied', 'Access Denied'],
    [
      'the bucket denied, of a photo whose name says what KMS does',
      403,
      'AccessDenied',
      `User: ${ROLE} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::photos/${KEY}" because no identity-based policy allows the s3:GetObject action`,
    ],
    ['credentials that have expired', 400, 'ExpiredToken', 'The provided token has expired.'],
    ['credentials that are not known', 403, 'InvalidAccessKeyId', 'The AWS Access Key Id does not exist.'],
    ['a request that S3 does not take', 400, 'InvalidRequest', 'Missing required header for this request'],
    [
      'too many calls of KMS',
      400,
      'ThrottlingException',
      'You have exceeded the rate at which you may call KMS.',
    ],
    ['too many calls of S3', 503, 'SlowDown', 'Please reduce your request rate.'],
  ];
  for (const [what, status, code, message] of cases) {
    test(what, async () => {
      answer = { status, code, message };
      await assert.rejects(
        photos.read({ key: KEY, etag: 'e1' }, 100),
        (error) => error instanceof Error && !(error instanceof Refusal) && error.name === code,
      );
    });
  }
});

describe('a photo of which S3 does not even tell the size', () => {
  test('is found in a listing, so that reading it can tell why', async () => {
    for (const status of [400, 403]) {
      answer = { status, code: '', message: '' };
      listed = ['a.jpg'];
      assert.deepEqual(await photos.head('a.jpg'), { key: 'a.jpg', etag: 'e1', bytes: 7 });
    }
  });

  test('is not mistaken for another whose key begins so', async () => {
    answer = { status: 400, code: '', message: '' };
    listed = ['a.jpg.old'];
    assert.equal(await photos.head('a.jpg'), undefined);
  });
});

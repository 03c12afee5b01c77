/** What parameters of serverless.yml add to the template: functions/stack/options.cjs by itself. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

type Parameters = Record<string, string | number | boolean>;
interface Options {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  extensions: Record<string, { DependsOn?: string[]; Properties: Record<string, unknown> }>;
}

const options = createRequire(import.meta.url)('../../functions/stack/options.cjs') as (
  framework: object,
) => Promise<Options>;

const DEFAULTS: Parameters = {
  photoKmsKeyArn: '',
  photoBucketIs: 'new',
  tracing: false,
  alarmEmail: '',
  warmWrites: 0,
  featurizeConcurrency: 0,
};
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

function optionsFor(parameters: Parameters): Promise<Options> {
  const given = { ...DEFAULTS, ...parameters };
  return options({
    resolveVariable: async (name: string) => given[name.replace('param:', '')],
    resolveConfigurationProperty: async () => ({ one: { role: 'OneRole' }, two: { role: 'TwoRole' } }),
  });
}

test('nothing is added where nothing is asked for', async () => {
  assert.deepEqual(await optionsFor({}), { Resources: {}, extensions: {} });
});

test('a key of the photo bucket is one that featurize may decrypt with, before its first photo', async () => {
  const { Resources, extensions } = await optionsFor({ photoKmsKeyArn: KEY });
  assert.deepEqual(Resources.PhotoKeyPolicy?.Properties.Roles, [{ Ref: 'FeaturizeRole' }]);
  assert.deepEqual(Resources.PhotoKeyPolicy?.Properties.PolicyDocument, {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['kms:Decrypt'], Resource: KEY }],
  });
  assert.deepEqual(extensions.FeaturizeLambdaFunction, { DependsOn: ['PhotoKeyPolicy'], Properties: {} });
});

test('a new photo bucket is encrypted with the key, one that is there is left alone', async () => {
  const { extensions } = await optionsFor({ photoKmsKeyArn: KEY });
  assert.match(JSON.stringify(extensions.S3BucketPhotos), new RegExp(`"aws:kms","KMSMasterKeyID":"${KEY}"`));
  const existing = await optionsFor({ photoKmsKeyArn: KEY, photoBucketIs: 'existing' });
  assert.equal(existing.extensions.S3BucketPhotos, undefined);
});

test('every function may send traces where they are asked for', async () => {
  const { Resources } = await optionsFor({ tracing: 'true' });
  assert.deepEqual(Resources.TracePolicy?.Properties.Roles, [{ Ref: 'OneRole' }, { Ref: 'TwoRole' }]);
});

test('an address hears of alarms', async () => {
  const { Resources } = await optionsFor({ alarmEmail: 'you@example.com' });
  assert.deepEqual(Resources.AlarmEmail?.Properties, {
    TopicArn: { Ref: 'AlarmTopic' },
    Protocol: 'email',
    Endpoint: 'you@example.com',
  });
});

const wrong: [Parameters, RegExp][] = [
  [{ photoKmsKeyArn: 'alias/photos' }, /photoKmsKeyArn should be the ARN of a key, .*, is alias\/photos/],
  [{ photoKmsKeyArn: `${KEY.replace('key/', 'alias/')}` }, /photoKmsKeyArn should be the ARN of a key/],
  [{ photoKmsKeyArn: 'arn:aws:kms:*:123456789012:key/*' }, /photoKmsKeyArn should be the ARN of a key/],
  [{ photoBucketIs: 'old' }, /photoBucketIs should be new or existing, is old/],
  [{ tracing: 'yes' }, /tracing should be true or false, is yes/],
  [{ alarmEmail: 'me' }, /alarmEmail should be an address, is me/],
  [{ warmWrites: '4k' }, /warmWrites should be a whole number, is 4k/],
  [{ featurizeConcurrency: -1 }, /featurizeConcurrency should be a whole number, is -1/],
];
for (const [parameters, message] of wrong) {
  test(`${JSON.stringify(parameters)} is refused by name`, async () => {
    await assert.rejects(optionsFor(parameters), { message });
  });
}

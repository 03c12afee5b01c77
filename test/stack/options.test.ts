/** What parameters of serverless.yml add to the template: functions/stack/options.cjs by itself. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { collectionFolder } from '../../functions/core/snapshot/layout.ts';

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
  thumbnails: false,
  photoBucket: 'photos',
  photoPrefix: 'in/',
  alarmEmail: '',
  warmWrites: 0,
  featurizeConcurrency: 0,
  snapshotBucket: `verger-dev-snapshots-$\{AWS::AccountId}`,
  table: 'verger-dev-features',
  reduceRowsInOneFunction: 400_000,
  reduceConcurrency: 8,
  snapshotDays: 90,
  maxPhotoBytes: 50_000_000,
  maxPhotoPixels: 65_000_000,
  identify: 'off',
  identifyRate: 5,
  identifyBurst: 10,
};
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

function optionsFor(parameters: Parameters): Promise<Options> {
  const given = { ...DEFAULTS, ...parameters };
  const functions = { one: { role: 'OneRole' }, two: { role: 'TwoRole' } };
  return options({
    options: { param: Object.entries(parameters).map(([name, value]) => `${name}=${value}`) },
    resolveVariable: async (name: string) => given[name.replace('param:', '')],
    resolveConfigurationProperty: async ([name]: string[]) => (name === 'params' ? DEFAULTS : functions),
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

test('reduce may read photos only where reports are to hold pictures, and then no others than featurize', async () => {
  const { Resources } = await optionsFor({ thumbnails: true, photoKmsKeyArn: KEY });
  assert.deepEqual(Resources.PicturePolicy?.Properties.Roles, [{ Ref: 'ReduceRole' }, { Ref: 'PhaseRole' }]);
  assert.deepEqual(Resources.PicturePolicy?.Properties.PolicyDocument, {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['s3:GetObject'],
        Resource: { 'Fn::Sub': `arn:$\{AWS::Partition}:s3:::photos/in/*` },
      },
    ],
  });
  assert.deepEqual(Resources.PhotoKeyPolicy?.Properties.Roles, [
    { Ref: 'FeaturizeRole' },
    { Ref: 'ReduceRole' },
    { Ref: 'PhaseRole' },
  ]);
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
  [
    { photoKmsKeyArn: 'alias/photos' },
    /photoKmsKeyArn should be the ARN of a key, .*; it is "alias\/photos"/,
  ],
  [{ photoKmsKeyArn: `${KEY.replace('key/', 'alias/')}` }, /photoKmsKeyArn should be the ARN of a key/],
  [{ photoKmsKeyArn: 'arn:aws:kms:*:123456789012:key/*' }, /photoKmsKeyArn should be the ARN of a key/],
  [{ photoBucketIs: 'old' }, /photoBucketIs should be new or existing; it is "old"/],
  [{ tracing: 'yes' }, /tracing should be true or false; it is "yes"/],
  [{ thumbnails: 'no' }, /thumbnails should be true or false; it is "no"/],
  [{ alarmEmail: 'me' }, /alarmEmail should be an address; it is "me"/],
  [{ warmWrites: '4k' }, /warmWrites should be a whole number; it is "4k"/],
  [{ featurizeConcurrency: -1 }, /featurizeConcurrency should be a whole number; it is "-1"/],
  [{ snapshotDays: 0 }, /snapshotDays should be a whole number above 0; it is "0"/],
  [{ snapshotDays: 1.5 }, /snapshotDays should be a whole number above 0; it is "1.5"/],
  [{ maxPhotoBytes: 'lots' }, /maxPhotoBytes should be a whole number above 0; it is "lots"/],
  [{ maxPhotoPixels: '' }, /maxPhotoPixels should be a whole number above 0; it is ""/],
  [{ reduceConcurrency: 'many' }, /reduceConcurrency should be a whole number above 0; it is "many"/],
  [
    { reduceRowsInOneFunction: '1e5' },
    /reduceRowsInOneFunction should be a whole number above 0; it is "1e5"/,
  ],
  [{ photoBucket: 's3://their' }, /photoBucket should be the name of a bucket: .*; it is "s3:\/\/their"/],
  [{ snapshotBucket: 'verger-Prod-snapshots' }, /snapshotBucket should be the name of a bucket/],
  [{ photoBucket: 'a' }, /photoBucket should be the name of a bucket/],
  [{ photoBucket: 'photos-' }, /photoBucket should be the name of a bucket/],
  [{ table: 'of features' }, /table should be the name of a table: .*; it is "of features"/],
  [{ alarmMail: 'you@example.com' }, /there is no parameter alarmMail; serverless.yml has .*alarmEmail/],
];
for (const [parameters, message] of wrong) {
  test(`${JSON.stringify(parameters)} is refused by name`, async () => {
    await assert.rejects(optionsFor(parameters), { message });
  });
}

test('a bucket may be named by what CloudFormation knows of the account', async () => {
  for (const photoBucket of [`$\{AWS::Region}-photos`, `a-$\{AWS::AccountId}`, 'abc', 'a'.repeat(63)])
    await optionsFor({ photoBucket });
  await assert.rejects(optionsFor({ photoBucket: 'a'.repeat(64) }), /photoBucket should be/);
});

test('parameters of the machine-local stack are no surprise, though serverless.yml does not list them', async () => {
  for (const name of ['s3-port', 'dynamodb-port', 'lambda-port', 'http-port', 'page-port', 'concurrency'])
    await optionsFor({ [name]: 4000 });
  await optionsFor({ 'local-data': '.local-2' });
});

const identify = createRequire(import.meta.url)('../../functions/stack/identify.cjs') as {
  tokenHash(framework: object): Promise<string>;
  resources(framework: object): Promise<Partial<Options>>;
  deployed(framework: object): Promise<string[]>;
  collection(framework: object): Promise<string>;
  schedules(framework: object): Promise<{ schedule: { input: object } }[]>;
};

function framework(parameters: Parameters): object {
  const given: Parameters = {
    identify: 'off',
    identifyToken: '',
    identifyCollection: '',
    identifyRate: 5,
    identifyBurst: 10,
    ...parameters,
  };
  return {
    resolveVariable: async (name: string) => given[name.replace('param:', '')] ?? 'dev',
    resolveConfigurationProperty: async () => ({ reduce: {}, identify: {} }),
  };
}

test('identify is there only where it is asked for', async () => {
  assert.deepEqual(await identify.resources(framework({})), {});
  assert.deepEqual(await identify.deployed(framework({})), ['reduce']);
  assert.equal(await identify.tokenHash(framework({ identifyToken: 'short' })), '');
  const { Resources = {}, extensions = {} } = await identify.resources(
    framework({ identify: 'public', identifyRate: 7 }),
  );
  assert.deepEqual(Object.keys(Resources), [
    'IdentifyRole',
    'IdentifyErrorAlarm',
    'IdentifyThrottleAlarm',
    'IdentifyUnavailableAlarm',
  ]);
  assert.deepEqual(extensions.HttpApiStage?.Properties, {
    DefaultRouteSettings: { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 10 },
  });
  assert.deepEqual(await identify.deployed(framework({ identify: 'public' })), ['reduce', 'identify']);
});

test('identify answers from the whole table, or from one collection, and may read no other', async () => {
  const readable = async (identifyCollection: string) => {
    const { Resources = {} } = await identify.resources(
      framework({ identify: 'public', identifyCollection }),
    );
    return JSON.stringify(Resources.IdentifyRole?.Properties).match(/(?<=SnapshotBucket\.Arn\}\/)[^"]+/g);
  };
  assert.deepEqual(await readable(''), ['latest.json', 'snapshots/*']);
  const folder = 'collections/a-20b-2F/';
  assert.deepEqual(await readable('a b/'), [`${folder}latest.json`, `${folder}snapshots/*`]);
  for (const prefix of ['', 'phone/', 'a b/', '\u{1F34E}-é_%2F..', 'x'.repeat(50)]) {
    const named = await identify.collection(framework({ identifyCollection: prefix }));
    assert.equal(named, collectionFolder(prefix), 'where reduce writes it');
  }
});

test('the schedule reduces all photos, and the collection that identify is deployed to answer from', async () => {
  const inputs = async (parameters: Parameters) =>
    (await identify.schedules(framework(parameters))).map(({ schedule }) => schedule.input);
  assert.deepEqual(await inputs({}), [{ scheduled: true }]);
  assert.deepEqual(await inputs({ identifyCollection: 'phone/' }), [{ scheduled: true }]);
  const both = [{ scheduled: true }, { scheduled: true, prefix: 'phone/' }];
  assert.deepEqual(await inputs({ identify: 'public', identifyCollection: 'phone/' }), both);
});

test('of a token the stack keeps the SHA-256', async () => {
  const found = await identify.tokenHash(framework({ identify: 'token', identifyToken: '0123456789abcdef' }));
  assert.equal(found, '9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f');
  assert.equal(await identify.tokenHash(framework({ identify: 'public' })), '');
});

const wrongIdentify: [Parameters, RegExp][] = [
  [{ identify: 'yes' }, /identify should be off, token or public; it is "yes"/],
  [{ identify: 'token' }, /identifyToken should have at least 16 characters, has 0/],
  [{ identify: 'token', identifyToken: 'fifteen letters' }, /at least 16 characters, has 15/],
  [
    { identify: 'public', identifyToken: '0123456789abcdef' },
    /identifyToken is given, and identify=public asks for none/,
  ],
];
for (const [parameters, message] of wrongIdentify) {
  test(`${JSON.stringify(parameters)} is refused by name`, async () => {
    await assert.rejects(identify.tokenHash(framework(parameters)), { message });
  });
}

test('a rate of no requests is refused by name', async () => {
  for (const name of ['identifyRate', 'identifyBurst']) {
    const message = new RegExp(`${name} should be a whole number above 0; it is "0"`);
    await assert.rejects(identify.resources(framework({ identify: 'public', [name]: 0 })), { message });
  }
});

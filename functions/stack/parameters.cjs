/** What the parameters in serverless.yml may be. What is wrong would show only when a function reads it, or never. */

const FLAG = [/^(true|false)$/, 'true or false'];
const COUNT = [/^\d+$/, 'a whole number'];
const POSITIVE = [/^[1-9]\d*$/, 'a whole number above 0'];
/** CloudFormation puts in the account's number, or the region: how long the name is then, only it knows. */
const BUCKET = [
  /^(?=[^$]{3,63}$|.*\$)([a-z0-9]|\$\{AWS::\w+\})([a-z0-9.-]|\$\{AWS::\w+\})*(?<![.-])$/,
  'the name of a bucket: small letters, digits, dots and hyphens',
];

const PARAMETERS = {
  photoBucket: BUCKET,
  snapshotBucket: BUCKET,
  table: [/^[\w.-]{3,255}$/, 'the name of a table: letters, digits, dots, hyphens and underscores'],
  photoBucketIs: [/^(new|existing)$/, 'new or existing'],
  photoKmsKeyArn: [
    /^(|arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+)$/,
    'the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID',
  ],
  warmWrites: COUNT,
  reduceRowsInOneFunction: POSITIVE,
  reduceConcurrency: POSITIVE,
  thumbnails: FLAG,
  snapshotDays: POSITIVE,
  maxPhotoBytes: POSITIVE,
  maxPhotoPixels: POSITIVE,
  featurizeConcurrency: COUNT,
  identify: [/^(off|token|public)$/, 'off, token or public'],
  identifyRate: POSITIVE,
  identifyBurst: POSITIVE,
  tracing: FLAG,
  alarmEmail: [/^(|[^@\s]+@[^@\s]+)$/, 'an address'],
};

/** Those of the machine-local stack, which serverless.yml reads without listing them. */
const LOCAL = /^((s3|dynamodb|lambda|http|page)-port|local-data|concurrency)$/;

/** A parameter's value, as text. @throws Error naming it where it is not what it should be */
async function readParameter({ resolveVariable }, name) {
  const value = String(await resolveVariable(`param:${name}`));
  const [pattern, wanted] = PARAMETERS[name];
  if (pattern.test(value)) return value;
  throw refusal(`parameter ${name} should be ${wanted}; it is ${JSON.stringify(value)}`);
}

/** @throws Error naming the first parameter that is not what it should be, or that there is not */
async function checkParameters(serverless) {
  const known = Object.keys(await serverless.resolveConfigurationProperty(['params', 'default']));
  for (const given of [serverless.options?.param ?? []].flat()) {
    const [name] = given.split('=');
    if (!known.includes(name) && !LOCAL.test(name))
      throw refusal(`there is no parameter ${name}; serverless.yml has ${known.join(', ')}`);
  }
  for (const name of Object.keys(PARAMETERS)) await readParameter(serverless, name);
}

/** The framework prints an error's stack, in which its message would be lost. */
function refusal(message) {
  return Object.assign(new Error(message), { stack: message });
}

module.exports = { readParameter, checkParameters, refusal };

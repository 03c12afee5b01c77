/** `sls deploy`, again, of one function, and `sls remove`: the framework's own way to CloudFormation, over moto. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetFunctionCommand, LambdaClient, UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { functionNames } from '../../layers/functions.ts';
import { OTHER_AWS_VARIABLES } from '../../local/stack/environment.ts';
import { findPython, type Moto, startMoto } from './moto.ts';

const root = join(import.meta.dirname, '../..');
const bin = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
const run = promisify(execFile);
const names = functionNames();
const { OVER_HTTP } = createRequire(import.meta.url)('../../functions/stack/identify.cjs') as {
  OVER_HTTP: object;
};
/** Without the parameter that asks for identify. */
const byDefault = names.filter((name) => !(name in OVER_HTTP));
const ANSWERS = ['--param', 'identify=public'];

const found = await findPython();
const python = 'python' in found ? found.python : '';
const skip = 'missing' in found ? found.missing : false;

suite('deployed by the framework to a stand-in for AWS', { skip, timeout: 900_000 }, () => {
  let moto: Moto;
  let clients: { lambda: LambdaClient; dynamodb: DynamoDBClient; s3: S3Client };
  const folder = mkdtempSync(join(tmpdir(), 'verger-deploy-'));

  before(async () => {
    moto = await startMoto(python);
    for (const name of OTHER_AWS_VARIABLES) delete process.env[name];
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: moto.address,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_CONFIG_FILE: join(folder, 'none'),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
    });
    clients = {
      lambda: new LambdaClient({}),
      dynamodb: new DynamoDBClient({}),
      s3: new S3Client({ forcePathStyle: true }),
    };
  });
  after(async () => {
    await moto?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** @returns what it printed */
  async function sls(...words: string[]): Promise<string> {
    const { stdout, stderr } = await run(process.execPath, [bin, ...words], { cwd: root });
    return stdout + stderr;
  }
  const deployed = (name: string) =>
    clients.lambda.send(new GetFunctionCommand({ FunctionName: `verger-prod-${name}` }));
  const isOwnPackage = async (name: string) => {
    const zip = packageOf(name);
    const { CodeSha256, CodeSize } = (await deployed(name)).Configuration ?? {};
    const sha256 = createHash('sha256').update(zip).digest('base64');
    assert.deepEqual({ CodeSha256, CodeSize }, { CodeSha256: sha256, CodeSize: zip.length }, name);
  };

  test('README’s command deploys, and each function has its own package', async (t) => {
    const output = await sls('deploy', '--stage', 'prod', '--param', 'alarmEmail=you@example.com');
    t.diagnostic(output.trim().split('\n').at(-1) ?? '');
    assert.match(output, /Service deployed to stack verger-prod/);
    for (const name of byDefault) await isOwnPackage(name);
    await assert.rejects(deployed('identify'), { name: 'ResourceNotFoundException' });
    await clients.dynamodb.send(new DescribeTableCommand({ TableName: 'verger-prod-features' }));
  });

  test('a second deploy changes what its parameters change, adds identify, and uploads no layer again', async (t) => {
    const changed = ['--param', 'maxPhotoBytes=1000', ...ANSWERS];
    const output = await sls('deploy', '--stage', 'prod', '--verbose', ...changed);
    t.diagnostic(output.trim().split('\n').at(-1) ?? '');
    const { Environment } = (await deployed('featurize')).Configuration ?? {};
    assert.equal(Environment?.Variables?.MAX_PHOTO_BYTES, '1000');
    for (const layer of ['native', 'model'])
      assert.match(output, new RegExp(`Layer ${layer} is already uploaded`));
    for (const name of names) await isOwnPackage(name);
  });

  test('sls deploy function -f NAME uploads that function’s own package and nothing else', async (t) => {
    for (const name of names) {
      const ZipFile = packageOf(names.find((other) => other !== name) ?? '');
      const FunctionName = `verger-prod-${name}`;
      await clients.lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
      const role = (await deployed(name)).Configuration?.Role;
      const output = await sls('deploy', 'function', '-f', name, '--stage', 'prod', ...ANSWERS);
      assert.match(output, /Function code deployed/, name);
      await isOwnPackage(name);
      assert.equal((await deployed(name)).Configuration?.Role, role, name);
    }
    const sizes = names.map((name) => `${name} ${packageOf(name).length}`);
    t.diagnostic(`bytes uploaded: ${sizes.join(', ')}`);
  });

  test('sls remove takes the functions away and keeps photos, features and snapshots', async (t) => {
    const output = await sls('remove', '--stage', 'prod');
    t.diagnostic(output.trim().split('\n').at(-1) ?? '');
    for (const name of names) await assert.rejects(deployed(name), { name: 'ResourceNotFoundException' });
    await clients.dynamodb.send(new DescribeTableCommand({ TableName: 'verger-prod-features' }));
    for (const bucket of ['photos', 'snapshots']) {
      await clients.s3.send(new HeadBucketCommand({ Bucket: `verger-prod-${bucket}-123456789012` }));
    }
  });

  const parameters: Record<string, string[]> = {
    'as it is': [],
    'with all that parameters add': [
      'tracing=true',
      'warmWrites=40000',
      'featurizeConcurrency=50',
      'identify=token',
      'identifyToken=0123456789abcdef',
      'photoKmsKeyArn=arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ],
    'of a bucket that is there': ['photoBucketIs=existing', 'photoBucket=their-photos'],
  };
  for (const [what, given] of Object.entries(parameters)) {
    test(`cfn-lint finds no error in the template ${what}`, async () => {
      const out = join(folder, 'package');
      await sls('package', '--package', out, ...given.flatMap((each) => ['--param', each]));
      const template = join(out, 'cloudformation-template-update-stack.json');
      await run(join(dirname(python), 'cfn-lint'), ['--non-zero-exit-code', 'error', '--template', template]);
    });
  }
});

/** The package that layers/ builds for a function. */
function packageOf(name: string): Buffer {
  return readFileSync(join(root, 'build', 'package', 'functions', `${name}.zip`));
}

/** The template that `sls package` makes, held to the rules; and each rule, broken, seen to fail. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import validateDefinition from 'asl-validator';
import { ensureModel } from '../../model/ensure-model.ts';
import { checkAsDeployDoes } from './deploy-check.ts';
import { untoldFailures } from './failure-alarms.ts';
import {
  boundlessMaps,
  carelessTasks,
  definitionOf,
  machineOf,
  unrecordedFailures,
} from './machine-rules.ts';
import {
  expiringByAge,
  ofType,
  openHttpApis,
  perishableData,
  permissions,
  publicAccess,
  type Resource,
  type Statement,
  type Template,
  unwatchedFunctions,
  wildcardActions,
  wildcardResources,
} from './template-rules.ts';

const folder = mkdtempSync(join(tmpdir(), 'verger-template-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('the packaged template', () => {
  let template: Template;
  before(() => {
    template = compile('new', []);
  });
  const resource = (name: string, changed = template): Resource => {
    const found = changed.Resources[name];
    assert.ok(found, `the template has no ${name}`);
    return found;
  };

  test('allows no action by wildcard', () => {
    assert.deepEqual(wildcardActions(template), []);
  });

  test('allows nothing on every resource', () => {
    assert.deepEqual(wildcardResources(template), []);
  });

  test('passes the check that sls deploy makes and sls package does not', async () => {
    await checkAsDeployDoes(join(folder, 'new'));
  });

  test('lets each function read and write what it uses and nothing else', () => {
    const photos = 'arn:<Partition>:s3:::verger-dev-photos-<AccountId>';
    const lambda = 'arn:<Partition>:lambda:<Region>:<AccountId>:function:verger-dev-';
    const snapshots = '<SnapshotBucket.Arn>';
    const readTable = ['dynamodb:Scan FeaturesTable.Arn', 'dynamodb:DescribeTable FeaturesTable.Arn'];
    const writeSnapshot = ['s3:PutObject', 's3:GetObject'].flatMap((action) =>
      ['', 'collections/*/'].flatMap((at) =>
        ['rows/*', 'snapshots/*', 'latest.json'].map((key) => `${action} ${snapshots}/${at}${key}`),
      ),
    );
    const expireSnapshots = ['', 'collections/*/'].flatMap((at) =>
      ['rows/*', 'snapshots/*'].map((key) => `s3:DeleteObject ${snapshots}/${at}${key}`),
    );
    const states = 'arn:<Partition>:states:<Region>:<AccountId>:';
    assert.deepEqual(permissions(template), {
      FeaturizeRole: [
        `s3:GetObject ${photos}/*`,
        `s3:ListBucket ${photos}`,
        'dynamodb:PutItem FeaturesTable.Arn',
        'dynamodb:BatchGetItem FeaturesTable.Arn',
        `lambda:InvokeFunction ${lambda}featurize`,
      ],
      EraseRole: [
        `s3:GetObject ${photos}/*`,
        `s3:ListBucket ${photos}`,
        'dynamodb:PutItem FeaturesTable.Arn',
      ],
      ReduceRole: [
        ...readTable,
        ...writeSnapshot,
        ...expireSnapshots,
        's3:ListBucket SnapshotBucket.Arn',
        'states:StartExecution ReduceMachine',
        `s3:GetObject ${photos}/*`,
      ],
      PhaseRole: [
        ...readTable,
        ...writeSnapshot,
        ...expireSnapshots,
        's3:ListBucket SnapshotBucket.Arn',
        `s3:PutObject ${snapshots}/work/*`,
        `s3:GetObject ${snapshots}/work/*`,
        `s3:GetObject ${photos}/*`,
      ],
      BackfillRole: [
        `s3:ListBucket ${photos}`,
        's3:ListBucket SnapshotBucket.Arn',
        `s3:GetObject ${snapshots}/backfill/*`,
        `s3:PutObject ${snapshots}/backfill/*`,
        'dynamodb:BatchGetItem FeaturesTable.Arn',
        `lambda:InvokeFunction ${lambda}featurize`,
        `lambda:InvokeFunction ${lambda}backfill`,
      ],
      ReduceMachineRole: [
        `lambda:InvokeFunction ${lambda}phase`,
        `states:StartExecution ${states}stateMachine:verger-dev-reduce`,
        `states:DescribeExecution ${states}execution:verger-dev-reduce/*`,
        `states:StopExecution ${states}execution:verger-dev-reduce/*`,
      ],
    });
  });

  test('opens nothing to the public, and answers over TLS alone', () => {
    assert.deepEqual(publicAccess(template), []);
  });

  test('keeps photos, features and snapshots when it is removed, and nothing of a first deploy that failed', () => {
    assert.deepEqual(perishableData(template), []);
  });

  test('gives each function its own role, a place for what fails for good, and alarms for that and what is lost', () => {
    assert.deepEqual(unwatchedFunctions(template), []);
  });

  test('tells of the first failure, and of later ones while it still waits', () => {
    assert.deepEqual(untoldFailures(template, FAILURES), []);
  });

  test('has a state machine in the States Language, whose tasks are tried again, whose maps are bounded, and whose failures are recorded', () => {
    const definition = definitionOf(machineOf(template));
    assert.deepEqual(validateDefinition(definition).errors, []);
    assert.deepEqual(
      carelessTasks(definition, Number(resource('PhaseLambdaFunction').Properties.Timeout)),
      [],
    );
    assert.deepEqual(boundlessMaps(definition), []);
    assert.deepEqual(unrecordedFailures(definition), []);
    const [alarm] = Object.values(template.Resources).filter(
      ({ Type, Properties }) =>
        Type === 'AWS::CloudWatch::Alarm' && JSON.stringify(Properties).includes('ExecutionsFailed'),
    );
    assert.deepEqual(alarm?.Properties.AlarmActions, [{ Ref: 'AlarmTopic' }]);
    for (const metric of ['ExecutionsTimedOut', 'ExecutionsAborted']) {
      assert.ok(JSON.stringify(alarm).includes(metric), metric);
    }
  });

  test('removes the work files of reduces after three days', () => {
    const { Rules } = resource('SnapshotBucket').Properties.LifecycleConfiguration as {
      Rules: { Prefix?: string; ExpirationInDays?: number }[];
    };
    assert.equal(Rules.find(({ Prefix }) => Prefix === 'work/')?.ExpirationInDays, 3);
  });

  test('reserves no concurrency and traces nothing', () => {
    for (const name of functionNames(template)) {
      const { Properties } = resource(name);
      assert.equal(Properties.ReservedConcurrentExecutions, undefined, name);
      assert.equal(Properties.TracingConfig, undefined, name);
      assert.equal(variablesOf(Properties).POWERTOOLS_TRACE_ENABLED, 'false', name);
    }
    assert.doesNotMatch(JSON.stringify(template), /xray|kms|WarmThroughput/);
  });

  test('lets no rule by age remove a snapshot, as it could be the current one, however long no reduce runs', () => {
    const files = ['rows/snapshot=x/part-00000.parquet', 'rows/_delta_log/x', 'snapshots/x/pca.json'];
    const current = [...files, ...files.map((file) => `collections/phone-2F/${file}`)];
    assert.deepEqual(expiringByAge(template, current), []);
    const before = 'snapshot=20260102T030405.000Z-a1/part-00000.parquet';
    assert.deepEqual(expiringByAge(template, [before, 'backfill/x']), [before, 'backfill/x']);
    for (const name of ['ReduceLambdaFunction', 'PhaseLambdaFunction'])
      assert.equal(variablesOf(resource(name).Properties).SNAPSHOT_DAYS, '90', name);
  });

  test('lets backfill invoke itself to go on, and no other function go round in a loop', () => {
    const allowed = functionNames(template).filter(
      (name) => resource(name).Properties.RecursiveLoop === 'Allow',
    );
    assert.deepEqual(allowed, ['BackfillLambdaFunction']);
  });

  test('encrypts the table and the queue, and can bring the table back to any second', () => {
    const { Properties: table } = resource('FeaturesTable');
    assert.deepEqual(table.SSESpecification, { SSEEnabled: true });
    assert.deepEqual(table.PointInTimeRecoverySpecification, { PointInTimeRecoveryEnabled: true });
    assert.deepEqual(table.TimeToLiveSpecification, { AttributeName: 'expiresAt', Enabled: true });
    assert.equal(table.BillingMode, 'PAY_PER_REQUEST');
    assert.equal(resource('FailureQueue').Properties.SqsManagedSseEnabled, true);
  });

  test('runs on arm64, in the EU, and tells the functions where everything is', () => {
    const { Properties } = resource('FeaturizeLambdaFunction');
    assert.deepEqual(Properties.Architectures, ['arm64']);
    assert.equal(Properties.Runtime, 'nodejs24.x');
    assert.deepEqual(Object.keys(variablesOf(Properties)).sort(), [
      'FEATURES_TABLE',
      'MALLOC_ARENA_MAX',
      'MALLOC_MMAP_MAX_',
      'MALLOC_TRIM_THRESHOLD_',
      'MAX_PHOTO_BYTES',
      'MAX_PHOTO_PIXELS',
      'MODEL_PATH',
      'ORT_DISABLE_TELEMETRY',
      'PHOTO_BUCKET',
      'PHOTO_PREFIX',
      'PHOTO_SUFFIX',
      'POWERTOOLS_TRACE_ENABLED',
    ]);
  });

  test('gives the functions that need a model the file that lies in the model layer', async () => {
    const { path } = await ensureModel();
    for (const name of ['FeaturizeLambdaFunction', 'BackfillLambdaFunction']) {
      assert.equal(variablesOf(resource(name).Properties).MODEL_PATH, `/opt/model/${basename(path)}`, name);
    }
  });

  test('has a dashboard', () => {
    assert.deepEqual(dashboardTitles(template), WIDGETS);
  });

  test('has nothing of identify, which nobody has asked for', () => {
    assert.doesNotMatch(JSON.stringify(template), /identify|HttpApi|apigateway/i);
  });

  test('has no secret in it', () => {
    assert.doesNotMatch(JSON.stringify(template), /AKIA|aws_secret|password|BEGIN [A-Z ]*PRIVATE KEY/i);
  });

  describe('each rule, broken, is seen', () => {
    const broken = (change: (template: Template) => void): Template => {
      const copy = structuredClone(template);
      change(copy);
      return copy;
    };
    const firstStatement = (changed: Template, role: string): Statement => {
      const [policy] = resource(role, changed).Properties.Policies as {
        PolicyDocument: { Statement: Statement[] };
      }[];
      const [statement] = policy?.PolicyDocument.Statement ?? [];
      assert.ok(statement);
      return statement;
    };

    test('a wildcard action', () => {
      const changed = broken((copy) => {
        firstStatement(copy, 'ReduceRole').Action = 'dynamodb:*';
      });
      assert.deepEqual(wildcardActions(changed), ['ReduceRole: dynamodb:*']);
    });

    test('a wildcard resource', () => {
      for (const resource of ['*', 'arn:aws:s3:::*', 'arn:aws:s3:::verger-*/photo']) {
        const changed = broken((copy) => {
          firstStatement(copy, 'FeaturizeRole').Resource = resource;
        });
        assert.deepEqual(wildcardResources(changed), [`FeaturizeRole: ${resource}`]);
      }
    });

    test('a permission more than it uses', () => {
      const changed = broken((copy) => {
        firstStatement(copy, 'ReduceRole').Action = ['dynamodb:Scan', 'dynamodb:PutItem'];
      });
      assert.deepEqual(permissions(changed).ReduceRole?.slice(0, 2), [
        'dynamodb:Scan FeaturesTable.Arn',
        'dynamodb:PutItem FeaturesTable.Arn',
      ]);
    });

    test('another function’s log', () => {
      const changed = JSON.parse(
        JSON.stringify(template).replace('"EraseLogGroup","Arn"', '"ReduceLogGroup","Arn"'),
      );
      assert.ok(permissions(changed).EraseRole?.includes('logs:PutLogEvents ReduceLogGroup.Arn'));
    });

    test('a bucket that is public, not encrypted, or answers without TLS', () => {
      const changed = broken((copy) => {
        const { Properties } = resource('SnapshotBucket', copy);
        (Properties.PublicAccessBlockConfiguration as Record<string, boolean>).BlockPublicAcls = false;
        delete Properties.BucketEncryption;
        delete copy.Resources.SnapshotBucketPolicy;
      });
      assert.deepEqual(publicAccess(changed), [
        'SnapshotBucket: not private',
        'SnapshotBucket: not encrypted',
        'SnapshotBucket: answers without TLS',
      ]);
    });

    test('a policy open to anybody, and events of anybody', () => {
      const changed = broken((copy) => {
        const policy = resource('PhotoBucketPolicy', copy).Properties.PolicyDocument as {
          Statement: Statement[];
        };
        policy.Statement.push({ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' });
        delete resource('EraseLambdaPermissionPhotosS3', copy).Properties.SourceArn;
      });
      assert.deepEqual(publicAccess(changed), [
        'PhotoBucketPolicy: open to anybody',
        "EraseLambdaPermissionPhotosS3: anybody's events invoke it",
      ]);
    });

    test('data that goes with the stack, or that a first deploy leaves behind', () => {
      const changed = broken((copy) => {
        delete resource('FeaturesTable', copy).DeletionPolicy;
        resource('SnapshotBucket', copy).DeletionPolicy = 'Retain';
      });
      assert.deepEqual(perishableData(changed), ['SnapshotBucket', 'FeaturesTable']);
    });

    test('a function whose package sls deploy would not find', async () => {
      const changed = join(folder, 'not-individually');
      cpSync(join(folder, 'new'), changed, { recursive: true });
      const file = join(changed, 'serverless-state.json');
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"individually": true,', ''));
      await assert.rejects(checkAsDeployDoes(changed), {
        code: 'MISSING_ARTIFACT_FILE',
        message: 'No verger.zip file found in the package path you provided.',
      });
    });

    test('an alarm that says nothing of the second failure', () => {
      const changed = broken((copy) => {
        delete copy.Resources.NewFailureAlarm;
      });
      assert.deepEqual(untoldFailures(changed, FAILURES), FAILURES.slice(1));
    });

    test('an alarm that nobody hears', () => {
      const changed = broken((copy) => {
        for (const name of ['FailureAlarm', 'NewFailureAlarm'])
          resource(name, copy).Properties.AlarmActions = [];
      });
      assert.deepEqual(untoldFailures(changed, FAILURES), FAILURES);
    });

    test('a task that is careless, a map without bounds, a failure that nobody records, a machine that is none', () => {
      const changed = (change: (states: ReturnType<typeof definitionOf>['States']) => void) => {
        const definition = definitionOf(machineOf(template));
        change(definition.States);
        return definition;
      };
      const careless = changed(({ Plan, Gather }) => {
        Object.assign(Plan!, { Resource: 'arn:aws:states:::s3:deleteObject', TimeoutSeconds: 900 });
        Object.assign(Gather!.ItemProcessor!.States.GatherShare!, { Retry: [] });
      });
      assert.deepEqual(carelessTasks(careless, 900), [
        'Plan: invokes arn:aws:states:::s3:deleteObject',
        'Plan: gives up on a function that still runs',
        'GatherShare: tries again what cannot be mended',
        'GatherShare: is not tried again with jitter',
      ]);
      const boundless = changed(({ Gather, Project }) => {
        Object.assign(Gather!, { MaxConcurrency: 0, ResultSelector: undefined });
        Project!.ItemProcessor!.ProcessorConfig.Mode = 'INLINE';
      });
      assert.deepEqual(boundlessMaps(boundless), [
        'Gather: has no limit',
        'Gather: keeps its results',
        'Project: is not distributed',
      ]);
      const unrecorded = changed(({ Fit, RecordFailure }) => {
        delete Fit!.Catch;
        RecordFailure!.Next = 'Publish';
      });
      assert.ok(unrecordedFailures(unrecorded).includes('Fit'));
      assert.ok(unrecordedFailures(unrecorded).includes('Assemble'));
      const none = changed((states) => {
        delete states.Failed;
      });
      assert.equal(validateDefinition(none).isValid, false);
    });

    test('a function that shares a role, loses what fails, or that no alarm watches', () => {
      const changed = broken((copy) => {
        const { Properties } = resource('ReduceLambdaFunction', copy);
        Properties.Role = { 'Fn::GetAtt': ['EraseRole', 'Arn'] };
        delete copy.Resources.ReduceLambdaEvConf;
        delete copy.Resources.ReduceErrorAlarm;
        const dropped = resource('DroppedEventAlarm', copy).Properties;
        dropped.Metrics = (dropped.Metrics as { Id: string }[]).filter(({ Id }) => Id !== 'reduce');
      });
      assert.deepEqual(unwatchedFunctions(changed), [
        'ReduceLambdaFunction: shares its role',
        'ReduceLambdaFunction: loses what fails for good',
        'ReduceLambdaFunction: no alarm watches its Errors',
        'ReduceLambdaFunction: no alarm watches its AsyncEventsDropped',
      ]);
    });
  });
});

test('a new account, that may run 10 functions at once, can deploy any stage: none reserves concurrency', () => {
  const { functions, resources } = JSON.parse(sls('print', '--stage', 'prod', '--format', 'json')) as {
    functions: object;
    resources: { Resources: object; extensions?: object }[];
  };
  assert.ok(
    Object.keys(functions).includes('featurize') && JSON.stringify(resources).includes('"FeaturizeRole"'),
  );
  assert.doesNotMatch(JSON.stringify({ functions, resources }), /reserved|provisioned/i);
});

test('attached to a bucket that is there, the stack adds its events and leaves the bucket alone', () => {
  const parameters = {
    photoBucketIs: 'existing',
    photoBucket: 'their-photos',
    photoPrefix: 'fruits/',
    photoSuffix: '.jpg',
    architecture: 'x86_64',
    photoKmsKeyArn: KEY,
    warmWrites: '40000',
    featurizeConcurrency: '50',
    tracing: 'true',
    identify: 'token',
    identifyToken: TOKEN,
    identifyCollection: 'fruits/phone/',
  };
  const given = Object.entries(parameters).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
  const template = compile('existing', ['--stage', 'prod', ...given]);
  const { Resources } = template;
  assert.deepEqual(
    Object.values(Resources).filter(({ Type }) => Type === 'AWS::S3::Bucket').length,
    2, // snapshots, and the framework's own for deployment
  );
  assert.deepEqual(Resources.FeaturizeCustomS31?.Properties.BucketConfigs, [
    { Event: 's3:ObjectCreated:*', Rules: [{ Prefix: 'fruits/' }, { Suffix: '.jpg' }] },
    { Event: 's3:ObjectRestore:Completed', Rules: [{ Prefix: 'fruits/' }, { Suffix: '.jpg' }] },
  ]);
  const { FeaturizeRole = [], ...others } = permissions(template);
  assert.ok(FeaturizeRole.includes('s3:GetObject arn:<Partition>:s3:::their-photos/fruits/*'));
  for (const name of ['FeaturizeLambdaFunction', 'BackfillLambdaFunction']) {
    const { PHOTO_BUCKET, PHOTO_PREFIX, PHOTO_SUFFIX } = variablesOf(Resources[name]?.Properties ?? {});
    assert.deepEqual(
      { PHOTO_BUCKET, PHOTO_PREFIX, PHOTO_SUFFIX },
      { PHOTO_BUCKET: { 'Fn::Sub': 'their-photos' }, PHOTO_PREFIX: 'fruits/', PHOTO_SUFFIX: '.jpg' },
      name,
    );
  }
  assert.match(
    JSON.stringify(Resources.BackfillRole),
    /their-photos"\},"Condition":\{"StringLike":\{"s3:prefix":"fruits\/\*"\}\}/,
    'backfill lists nothing else',
  );
  assert.deepEqual(Resources.FeaturizeLambdaFunction?.Properties.Architectures, ['x86_64']);

  // What parameters ask for, and in every stage nothing else does:
  assert.deepEqual(
    FeaturizeRole.filter((permission) => permission.startsWith('kms')),
    [`kms:Decrypt ${KEY}`],
  );
  assert.doesNotMatch(JSON.stringify({ ...others, ReduceRole: [], PhaseRole: [] }), /kms/);
  for (const role of [others.ReduceRole, others.PhaseRole]) {
    assert.ok(role?.includes(`kms:Decrypt ${KEY}`), 'for the report’s pictures');
  }
  assert.deepEqual(Resources.FeaturesTable?.Properties.WarmThroughput, { WriteUnitsPerSecond: 40_000 });
  for (const name of functionNames(template)) {
    const { FunctionName, ReservedConcurrentExecutions, TracingConfig, ...rest } =
      Resources[name]?.Properties ?? {};
    if (/CustomDashresource/.test(name)) continue; // the framework's own
    const concurrency = FunctionName === 'verger-prod-featurize' ? 50 : undefined;
    assert.equal(ReservedConcurrentExecutions, concurrency, name);
    assert.deepEqual(TracingConfig, { Mode: 'Active' }, name);
    assert.equal(variablesOf(rest).POWERTOOLS_TRACE_ENABLED, 'true', name);
  }

  // X-Ray knows no resources. The other is the framework's own function that sets the bucket's events.
  assert.deepEqual(wildcardResources(template), [
    'IamRoleCustomResourcesLambdaExecution: arn:AWS::Partition:lambda:AWS::Region:AWS::AccountId:function:*',
  ]);
});

test('identify, where it is asked for, answers whoever has the token, and reads snapshots and nothing else', () => {
  const file = join(folder, 'existing', 'cloudformation-template-update-stack.json');
  const template: Template = JSON.parse(readFileSync(file, 'utf8'));
  const { Resources } = template;
  assert.deepEqual(identifyViolations(template), []);
  assert.deepEqual(dashboardTitles(template), [...WIDGETS, 'Identify']);
  const roles = Object.entries(permissions(template)).filter(([role]) => ANSWERING.test(role));
  assert.deepEqual(Object.fromEntries(roles), {
    IdentifyRole: [
      's3:GetObject <SnapshotBucket.Arn>/collections/fruits-2Fphone-2F/latest.json',
      's3:GetObject <SnapshotBucket.Arn>/collections/fruits-2Fphone-2F/snapshots/*',
      's3:ListBucket SnapshotBucket.Arn',
    ],
  });
  const routes = ofType(template, 'AWS::ApiGatewayV2::Route').map(
    ([, { Properties }]) => Properties.RouteKey,
  );
  assert.deepEqual(routes, ['GET /', 'POST /identify']);
  const hash = createHash('sha256').update(TOKEN).digest('hex');
  const { IDENTIFY_TOKEN_SHA256, SNAPSHOT_COLLECTION } = variablesOf(
    Resources.IdentifyLambdaFunction?.Properties ?? {},
  );
  assert.equal(IDENTIFY_TOKEN_SHA256, hash);
  assert.equal(SNAPSHOT_COLLECTION, 'collections/fruits-2Fphone-2F/');
  const inputs = ofType(template, 'AWS::Events::Rule').map(([, { Properties }]) =>
    (Properties.Targets as { Input: string }[]).map(({ Input }) => JSON.parse(Input)),
  );
  assert.deepEqual(inputs, [[{ scheduled: true }], [{ scheduled: true, prefix: 'fruits/phone/' }]]);
  assert.doesNotMatch(JSON.stringify(template), new RegExp(TOKEN), 'the token itself is nowhere');
  const broken = (change: (template: Template) => void): string[] => {
    const copy = structuredClone(template);
    change(copy);
    return identifyViolations(copy);
  };

  // Each rule, broken, is seen.
  const stage = ({ Resources }: Template) => Resources.HttpApiStage?.Properties as Record<string, object>;
  assert.deepEqual(
    broken((copy) => {
      stage(copy).DefaultRouteSettings = {};
    }),
    ['HttpApiStage: does not throttle'],
  );
  assert.deepEqual(
    broken((copy) => {
      delete stage(copy).AccessLogSettings;
    }),
    ['HttpApiStage: logs no access'],
  );
  assert.deepEqual(
    broken((copy) => {
      stage(copy).AccessLogSettings = { Format: '$context.identity.sourceIp $context.requestId' };
    }),
    ['HttpApiStage: logs $context.identity.sourceIp'],
  );
  assert.deepEqual(
    broken(({ Resources }) => {
      delete Resources.IdentifyErrorAlarm;
    }),
    ['IdentifyLambdaFunction: no alarm watches its Errors'],
  );
  assert.deepEqual(
    broken(({ Resources }) => {
      delete Resources.IdentifyLambdaPermissionHttpApi?.Properties.SourceArn;
    }),
    ["IdentifyLambdaPermissionHttpApi: anybody's events invoke it"],
  );
  assert.deepEqual(
    broken(({ Resources }) => {
      Object.assign(Resources.HttpApi?.Properties ?? {}, { CorsConfiguration: { AllowOrigins: ['*'] } });
    }),
    ['HttpApi: pages of others may ask'],
  );
});

const WIDGETS = ['Photos', 'Milliseconds a photo', 'Errors and throttles', 'Reduce', 'Large reduces'];

function dashboardTitles({ Resources }: Template): string[] {
  const body = Resources.Dashboard?.Properties.DashboardBody as { 'Fn::Sub': string };
  const { widgets } = JSON.parse(body['Fn::Sub']) as { widgets: { properties: { title: string } }[] };
  return widgets.map(({ properties }) => properties.title);
}

const { OVER_HTTP } = createRequire(import.meta.url)('../../functions/stack/identify.cjs') as {
  OVER_HTTP: object;
};
/** Names of resources of the HTTP API and of each function that answers by it. */
const ANSWERING = new RegExp(`^(HttpApi|${Object.keys(OVER_HTTP).join('|')})`, 'i');

/** What identify, and whatever else answers over HTTP, adds to the stack, held to the rules of all functions and to its own. */
function identifyViolations(template: Template): string[] {
  return [
    ...openHttpApis(template),
    ...[...wildcardActions(template), ...unwatchedFunctions(template), ...publicAccess(template)].filter(
      (violation) => ANSWERING.test(violation),
    ),
  ];
}

const TOKEN = 'a-token-that-nobody-guesses';
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** Minutes: on three days, nobody has drained the queue meanwhile. */
const FAILURES = [3, 14, 24 * 60, 24 * 60 + 10, 48 * 60];

function functionNames({ Resources }: Template): string[] {
  return Object.keys(Resources).filter((name) => Resources[name]?.Type === 'AWS::Lambda::Function');
}

function variablesOf({ Environment }: Record<string, unknown>): Record<string, unknown> {
  return (Environment as { Variables: Record<string, unknown> }).Variables;
}

function compile(name: string, options: string[]): Template {
  const out = join(folder, name);
  sls('package', '--package', out, ...options);
  return JSON.parse(readFileSync(join(out, 'cloudformation-template-update-stack.json'), 'utf8'));
}

/** @returns what the framework prints */
function sls(...words: string[]): string {
  const bin = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...words], {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

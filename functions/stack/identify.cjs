/** What the template holds of what answers over HTTP, where the parameter `identify` asks for it, and nothing where it does not. */
const { createHash } = require('node:crypto');
const { readParameter, refusal } = require('./parameters.cjs');

/** What each function that answers over HTTP may do, besides what all may. @param folder of the snapshots that it answers from */
const OVER_HTTP = {
  identify: (folder) => [
    allow('s3:GetObject', [below(`${folder}latest.json`), below(`${folder}snapshots/*`)]),
    // It lists nothing: without this a missing latest.json answers 403 instead of 404. No condition on s3:prefix, which AWS
    // documents for listings alone. What it gives away is the names of snapshots and collections.
    allow('s3:ListBucket', { 'Fn::GetAtt': ['SnapshotBucket', 'Arn'] }),
  ],
};
const allow = (Action, Resource) => ({ Effect: 'Allow', Action, Resource });
const below = (path) => ({ 'Fn::Sub': `\${SnapshotBucket.Arn}/${path}` });

/** Shorter ones can be guessed. */
const SHORTEST_TOKEN = 16;

const isWanted = async (serverless) => (await readParameter(serverless, 'identify')) !== 'off';

/** Not the token itself, which whoever may read the function's settings would see. */
const tokenHash = async (serverless) => {
  if (!(await isWanted(serverless))) return '';
  const token = String(await serverless.resolveVariable('param:identifyToken'));
  if ((await readParameter(serverless, 'identify')) === 'public') {
    if (token === '') return '';
    throw refusal('parameter identifyToken is given, and identify=public asks for none: say identify=token');
  }
  if (token.length >= SHORTEST_TOKEN) return createHash('sha256').update(token).digest('hex');
  throw refusal(
    `parameter identifyToken should have at least ${SHORTEST_TOKEN} characters, has ${token.length}`,
  );
};

/** Folder of the collection that it answers from, as `collectionFolder` of functions/core/snapshot/layout.ts names it. */
const collection = async ({ resolveVariable }) => {
  const prefix = String(await resolveVariable('param:identifyCollection'));
  if (prefix === '') return '';
  const name = Buffer.from(prefix)
    .toString('latin1')
    .replace(/[^A-Za-z0-9]/g, (byte) => `-${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
  return `collections/${name}/`;
};

/** When reduce runs by itself: for all photos, and for the collection that identify answers from. */
const schedules = async (serverless) => {
  const { resolveVariable } = serverless;
  const rate = await resolveVariable('param:reduceSchedule');
  const enabled = await resolveVariable('param:reduceScheduled');
  const prefix = String(await resolveVariable('param:identifyCollection'));
  const inputs = [{ scheduled: true }, { scheduled: true, prefix }];
  const count = prefix !== '' && (await isWanted(serverless)) ? 2 : 1;
  return inputs.slice(0, count).map((input) => ({ schedule: { rate, enabled, input } }));
};

/** What the dashboard shows of them, after its other widgets. */
const widgets = async (serverless) => {
  if (!(await isWanted(serverless))) return '';
  const api = (metric, options = {}) => ['AWS/ApiGateway', metric, 'ApiId', `\${HttpApi}`, options];
  const stage = await serverless.resolveVariable('sls:stage');
  const properties = {
    title: 'Identify',
    region: `\${AWS::Region}`,
    stat: 'Sum',
    period: 300,
    metrics: [
      api('Count'),
      api('4xx'),
      api('5xx'),
      ...Object.keys(OVER_HTTP).flatMap((name) =>
        ['Errors', 'Throttles'].map((metric) => [
          'AWS/Lambda',
          metric,
          'FunctionName',
          `verger-${stage}-${name}`,
        ]),
      ),
      api('Latency', { stat: 'p90', yAxis: 'right' }),
    ],
  };
  return `,${JSON.stringify({ type: 'metric', width: 12, height: 6, properties })}`;
};

const resources = async (serverless) => {
  if (!(await isWanted(serverless))) return {};
  const { resolveVariable } = serverless;
  const stage = await resolveVariable('sls:stage');
  const folder = await collection(serverless);
  const ofApi = { Namespace: 'AWS/ApiGateway', Dimensions: [{ Name: 'ApiId', Value: { Ref: 'HttpApi' } }] };
  const alarm = (name, AlarmDescription, MetricName, of) => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `verger-${stage}-${name}`,
      AlarmDescription,
      AlarmActions: [{ Ref: 'AlarmTopic' }],
      ...of,
      MetricName,
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    },
  });
  const ofFunctions = Object.entries(OVER_HTTP).map(([name, statements]) => {
    const id = logicalId(name);
    const dimension = { Name: 'FunctionName', Value: `verger-${stage}-${name}` };
    const ofFunction = { Namespace: 'AWS/Lambda', Dimensions: [dimension] };
    return {
      [`${id}Role`]: { Type: 'AWS::IAM::Role', Properties: role(name, statements(folder)) },
      [`${id}ErrorAlarm`]: alarm(
        `${name}-errors`,
        `${name} failed: whoever asked got no answer.`,
        'Errors',
        ofFunction,
      ),
      [`${id}ThrottleAlarm`]: alarm(
        `${name}-throttles`,
        `${name} was refused by the account's limit on concurrency, which featurize shares.`,
        'Throttles',
        ofFunction,
      ),
    };
  });
  return {
    Resources: {
      ...Object.assign({}, ...ofFunctions),
      IdentifyUnavailableAlarm: alarm(
        'identify-unavailable',
        'identify answered with 500 or more: there is no snapshot that it can answer from, or it failed. See "Identify" in docs/operations.md.',
        '5xx',
        ofApi,
      ),
    },
    extensions: {
      HttpApiStage: {
        Properties: {
          DefaultRouteSettings: {
            ThrottlingRateLimit: Number(await readParameter(serverless, 'identifyRate')),
            ThrottlingBurstLimit: Number(await readParameter(serverless, 'identifyBurst')),
          },
        },
      },
    },
  };
};

/** As the framework has it. */
const logicalId = (name) => name[0].toUpperCase() + name.slice(1);

function role(name, statements) {
  const all = [
    ...statements,
    allow('sqs:SendMessage', { 'Fn::GetAtt': ['FailureQueue', 'Arn'] }),
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], {
      'Fn::GetAtt': [`${logicalId(name)}LogGroup`, 'Arn'],
    }),
  ];
  const document = (Statement) => ({ Version: '2012-10-17', Statement });
  const lambda = {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Service: 'lambda.amazonaws.com' },
  };
  return {
    AssumeRolePolicyDocument: document([lambda]),
    Policies: [{ PolicyName: name, PolicyDocument: document(all) }],
  };
}

/** The names of functions that are deployed. */
const deployed = async (serverless) => {
  const names = Object.keys(await serverless.resolveConfigurationProperty(['functions']));
  return (await isWanted(serverless)) ? names : names.filter((name) => !(name in OVER_HTTP));
};

module.exports = { OVER_HTTP, tokenHash, collection, schedules, widgets, resources, deployed };

/** What the template holds of identify, where the parameter `identify` asks for it, and nothing where it does not. */
const { createHash } = require('node:crypto');

/** Shorter ones can be guessed. */
const SHORTEST_TOKEN = 16;

const isWanted = async ({ resolveVariable }) => {
  const value = String(await resolveVariable('param:identify'));
  if (/^(off|token|public)$/.test(value)) return value !== 'off';
  throw new Error(`parameter identify should be off, token or public, is ${value}`);
};

/** Not the token itself, which whoever may read the function's settings would see. */
const tokenHash = async (serverless) => {
  if (!(await isWanted(serverless))) return '';
  const token = String(await serverless.resolveVariable('param:identifyToken'));
  if ((await serverless.resolveVariable('param:identify')) === 'public') {
    if (token === '') return '';
    throw new Error(
      'parameter identifyToken is given, and identify=public asks for none: say identify=token',
    );
  }
  if (token.length >= SHORTEST_TOKEN) return createHash('sha256').update(token).digest('hex');
  throw new Error(
    `parameter identifyToken should have at least ${SHORTEST_TOKEN} characters, has ${token.length}`,
  );
};

const resources = async (serverless) => {
  if (!(await isWanted(serverless))) return {};
  const { resolveVariable } = serverless;
  const wholeNumber = async (name) => {
    const value = String(await resolveVariable(`param:${name}`));
    if (/^[1-9]\d*$/.test(value)) return Number(value);
    throw new Error(`parameter ${name} should be a whole number above 0, is ${value}`);
  };
  const stage = await resolveVariable('sls:stage');
  const alarm = (name, AlarmDescription, MetricName) => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `verger-${stage}-identify-${name}`,
      AlarmDescription,
      AlarmActions: [{ Ref: 'AlarmTopic' }],
      Namespace: 'AWS/Lambda',
      MetricName,
      Dimensions: [{ Name: 'FunctionName', Value: `verger-${stage}-identify` }],
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    },
  });
  return {
    Resources: {
      IdentifyRole: { Type: 'AWS::IAM::Role', Properties: role() },
      IdentifyErrorAlarm: alarm('errors', 'identify failed: whoever asked got no answer.', 'Errors'),
      IdentifyThrottleAlarm: alarm(
        'throttles',
        "identify was refused by the account's limit on concurrency, which featurize shares.",
        'Throttles',
      ),
    },
    extensions: {
      HttpApiStage: {
        Properties: {
          DefaultRouteSettings: {
            ThrottlingRateLimit: await wholeNumber('identifyRate'),
            ThrottlingBurstLimit: await wholeNumber('identifyBurst'),
          },
        },
      },
    },
  };
};

function role() {
  const allow = (Action, Resource) => ({ Effect: 'Allow', Action, Resource });
  const below = (path) => ({ 'Fn::Sub': `\${SnapshotBucket.Arn}/${path}` });
  const statements = [
    allow('s3:GetObject', [below('latest.json'), below('snapshots/*')]),
    // Without it a missing latest.json answers 403 instead of 404.
    allow('s3:ListBucket', { 'Fn::GetAtt': ['SnapshotBucket', 'Arn'] }),
    allow('sqs:SendMessage', { 'Fn::GetAtt': ['FailureQueue', 'Arn'] }),
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], { 'Fn::GetAtt': ['IdentifyLogGroup', 'Arn'] }),
  ];
  const document = (Statement) => ({ Version: '2012-10-17', Statement });
  const lambda = {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Service: 'lambda.amazonaws.com' },
  };
  return {
    AssumeRolePolicyDocument: document([lambda]),
    Policies: [{ PolicyName: 'identify', PolicyDocument: document(statements) }],
  };
}

/** The names of functions that are deployed. */
const deployed = async (serverless) => {
  const names = Object.keys(await serverless.resolveConfigurationProperty(['functions']));
  return (await isWanted(serverless)) ? names : names.filter((name) => name !== 'identify');
};

module.exports = { isWanted, tokenHash, resources, deployed };

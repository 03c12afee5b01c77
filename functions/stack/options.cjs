const { deployed } = require('./identify.cjs');
const { checkParameters, readParameter } = require('./parameters.cjs');

/** The parts of the template that a parameter in serverless.yml adds. */
module.exports = async (serverless) => {
  const { resolveConfigurationProperty, resolveVariable } = serverless;
  await checkParameters(serverless);
  const parameter = (name) => readParameter(serverless, name);
  const photoKey = await parameter('photoKmsKeyArn');
  const isNewBucket = (await parameter('photoBucketIs')) === 'new';
  const isTraced = (await parameter('tracing')) === 'true';
  const hasThumbnails = (await parameter('thumbnails')) === 'true';
  const email = await parameter('alarmEmail');
  const warmWrites = Number(await parameter('warmWrites'));
  const concurrency = Number(await parameter('featurizeConcurrency'));
  const functions = await resolveConfigurationProperty(['functions']);
  const roles = (await deployed(serverless)).map((name) => functions[name].role);
  const photoBucket = await resolveVariable('param:photoBucket');
  const photoPrefix = await resolveVariable('param:photoPrefix');
  const photos = { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::${photoBucket}/${photoPrefix}*` };
  const readers = ['FeaturizeRole', ...(hasThumbnails ? ['ReduceRole', 'PhaseRole'] : [])];

  return {
    Resources: {
      ...(photoKey && {
        PhotoKeyPolicy: policy('photo-key', readers, ['kms:Decrypt'], photoKey),
      }),
      // The report's pictures. A photo that is gone answers 403, as reduce may not list: it has no picture then.
      ...(hasThumbnails && {
        PicturePolicy: policy('pictures', ['ReduceRole', 'PhaseRole'], ['s3:GetObject'], photos),
      }),
      ...(isTraced && {
        // X-Ray knows no resources.
        TracePolicy: policy('traces', roles, ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*'),
      }),
      ...(email && {
        AlarmEmail: {
          Type: 'AWS::SNS::Subscription',
          Properties: { TopicArn: { Ref: 'AlarmTopic' }, Protocol: 'email', Endpoint: email },
        },
      }),
    },
    extensions: {
      ...(photoKey && isNewBucket && { S3BucketPhotos: { Properties: encryptedBy(photoKey) } }),
      ...(warmWrites > 0 && {
        FeaturesTable: { Properties: { WarmThroughput: { WriteUnitsPerSecond: warmWrites } } },
      }),
      ...((photoKey || concurrency > 0) && {
        FeaturizeLambdaFunction: {
          ...(photoKey && { DependsOn: ['PhotoKeyPolicy'] }), // no photo comes before it can be read
          Properties: { ...(concurrency > 0 && { ReservedConcurrentExecutions: concurrency }) },
        },
      }),
    },
  };
};

function policy(PolicyName, roles, Action, Resource) {
  return {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName,
      Roles: roles.map((Ref) => ({ Ref })),
      PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] },
    },
  };
}

function encryptedBy(KMSMasterKeyID) {
  const ServerSideEncryptionByDefault = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID };
  const rule = { BucketKeyEnabled: true, ServerSideEncryptionByDefault };
  return { BucketEncryption: { ServerSideEncryptionConfiguration: [rule] } };
}

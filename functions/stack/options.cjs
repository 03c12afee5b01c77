const { deployed } = require('./identify.cjs');

/** The parts of the template that a parameter in serverless.yml adds. */
module.exports = async (serverless) => {
  const { resolveConfigurationProperty, resolveVariable } = serverless;
  const parameter = async (name, pattern, wanted) => {
    const value = String(await resolveVariable(`param:${name}`));
    if (value === '' || pattern.test(value)) return value;
    throw new Error(`parameter ${name} should be ${wanted}, is ${value}`);
  };
  const wholeNumber = async (name) => Number(await parameter(name, /^\d+$/, 'a whole number'));
  const keyArn = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;
  const photoKey = await parameter(
    'photoKmsKeyArn',
    keyArn,
    'the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID',
  );
  const isNewBucket = (await parameter('photoBucketIs', /^(new|existing)$/, 'new or existing')) === 'new';
  const isTraced = (await parameter('tracing', /^(true|false)$/, 'true or false')) === 'true';
  const hasThumbnails = (await parameter('thumbnails', /^(true|false)$/, 'true or false')) === 'true';
  const email = await parameter('alarmEmail', /@/, 'an address');
  const warmWrites = await wholeNumber('warmWrites');
  const concurrency = await wholeNumber('featurizeConcurrency');
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

/** What must hold of the CloudFormation template: each rule gives the violations it finds, by name. */

export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Principal?: unknown;
  Condition?: unknown;
}

export interface Resource {
  Type: string;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  Properties: Record<string, unknown>;
}

export interface Template {
  Resources: Record<string, Resource>;
}

/** Actions that AWS knows no resources for: their statements must say "*". */
const WITHOUT_RESOURCES = [
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  // What Step Functions needs to log: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];

export function wildcardActions(template: Template): string[] {
  return allowed(template).flatMap(({ role, statement }) =>
    actions(statement)
      .filter((action) => action.includes('*'))
      .map((action) => `${role}: ${action}`),
  );
}

/** Objects below a bucket (`bucket/*`, `bucket/rows/*`, those of any collection) are exact: S3 has no other way to name them. */
export function wildcardResources(template: Template): string[] {
  return allowed(template).flatMap(({ role, statement }) => {
    if (actions(statement).every((action) => WITHOUT_RESOURCES.includes(action))) return [];
    return [statement.Resource]
      .flat()
      .map(render)
      .filter((resource) =>
        resource
          .replace('/collections/*/', '/')
          .replace(/\/[\w=]*\*$/, '')
          .includes('*'),
      )
      .map((resource) => `${role}: ${resource}`);
  });
}

/** What each function's role allows, as `action resource`, without what all have: failures, traces, its own log. */
export function permissions(template: Template): Record<string, string[]> {
  const common = /^(sqs:SendMessage FailureQueue\.Arn|xray:\w+ \*|logs:\w+ \*|logs:\w+ (\w+)LogGroup\.Arn)$/;
  const byRole: Record<string, string[]> = {};
  for (const { role, statement } of allowed(template)) {
    byRole[role] ??= [];
    for (const action of actions(statement)) {
      for (const resource of [statement.Resource].flat().map(render)) {
        const permission = `${action} ${resource}`;
        const log = common.exec(permission)?.[2];
        if (!common.test(permission) || (log !== undefined && `${log}Role` !== role))
          byRole[role].push(permission);
      }
    }
  }
  return byRole;
}

/** Buckets that are not private and encrypted, or answer without TLS; anything that anybody may do. */
export function publicAccess(template: Template): string[] {
  const policies = ofType(template, 'AWS::S3::BucketPolicy').map(([, { Properties }]) =>
    JSON.stringify(Properties),
  );
  const buckets = ofType(template, 'AWS::S3::Bucket').flatMap(([name, { Properties }]) => {
    const block = Object.values((Properties.PublicAccessBlockConfiguration as object | undefined) ?? {});
    const isTls = policies.some((policy) => policy.includes(`"${name}"`) && isTlsOnly(policy));
    return [
      ...(block.length === 4 && block.every((value) => value === true) ? [] : [`${name}: not private`]),
      ...(Properties.BucketEncryption ? [] : [`${name}: not encrypted`]),
      ...(isTls ? [] : [`${name}: answers without TLS`]),
    ];
  });
  const anybody = Object.entries(template.Resources).flatMap(([name, { Properties }]) =>
    statementsIn(Properties)
      .filter(({ Effect, Principal }) => Effect === 'Allow' && JSON.stringify(Principal)?.includes('"*"'))
      .map(() => `${name}: open to anybody`),
  );
  const invokers = ofType(template, 'AWS::Lambda::Permission')
    .filter(([, { Properties }]) => Properties.Principal === '*' || !Properties.SourceArn)
    .map(([name]) => `${name}: anybody's events invoke it`);
  return [...buckets, ...anybody, ...invokers];
}

/** Data that would go with the stack, or be left by a first deploy that failed, whose names then block the next. */
export function perishableData(template: Template): string[] {
  return Object.entries(template.Resources)
    .filter(
      ([name, { Type }]) => /^AWS::(S3::Bucket|DynamoDB::Table)$/.test(Type) && !/Deployment/.test(name),
    )
    .filter(
      ([, { DeletionPolicy, UpdateReplacePolicy }]) =>
        DeletionPolicy !== 'RetainExceptOnCreate' || UpdateReplacePolicy !== 'Retain',
    )
    .map(([name]) => name);
}

/** Functions that lose events, share a role, or that no alarm watches. */
export function unwatchedFunctions(template: Template): string[] {
  const roles = new Set<string>();
  const alarms = ofType(template, 'AWS::CloudWatch::Alarm').map(([, alarm]) => JSON.stringify(alarm));
  return ofType(template, 'AWS::Lambda::Function').flatMap(([name, { Properties }]) => {
    const role = render(Properties.Role);
    const isShared = roles.has(role);
    roles.add(role);
    const invocation = template.Resources[name.replace('LambdaFunction', 'LambdaEvConf')]?.Properties;
    const isWatched = (metric: string) =>
      alarms.some((alarm) => alarm.includes(`"${metric}"`) && alarm.includes(`"${Properties.FunctionName}"`));
    return [
      ...(isShared ? [`${name}: shares its role`] : []),
      ...(JSON.stringify(invocation ?? {}).includes('"FailureQueue"')
        ? []
        : [`${name}: loses what fails for good`]),
      ...['Errors', 'DestinationDeliveryFailures', 'AsyncEventsDropped']
        .filter((metric) => !isWatched(metric))
        .map((metric) => `${name}: no alarm watches its ${metric}`),
    ];
  });
}

/** HTTP APIs that answer as often as they are asked, that log nothing or who asks, or that pages of others may use. */
export function openHttpApis(template: Template): string[] {
  const stages = ofType(template, 'AWS::ApiGatewayV2::Stage').flatMap(([name, { Properties }]) => {
    const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } =
      Properties.DefaultRouteSettings as Record<string, number | undefined>;
    const { Format } = (Properties.AccessLogSettings ?? {}) as { Format?: string };
    const told = Format?.match(/\$context\.(identity|authorizer)[.\w]*/g) ?? [];
    return [
      ...(rate && burst ? [] : [`${name}: does not throttle`]),
      ...(Format === undefined ? [`${name}: logs no access`] : []),
      ...told.map((variable) => `${name}: logs ${variable}`),
    ];
  });
  const apis = ofType(template, 'AWS::ApiGatewayV2::Api')
    .filter(([, { Properties }]) => Properties.CorsConfiguration !== undefined)
    .map(([name]) => `${name}: pages of others may ask`);
  return [...stages, ...apis];
}

/** What roles allow by themselves, and by policies that are attached to them. */
function allowed(template: Template): { role: string; statement: Statement }[] {
  const attached = ofType(template, 'AWS::IAM::Policy').flatMap(([, { Properties }]) =>
    [Properties.Roles].flat().map((role) => [render(role), Properties.PolicyDocument] as const),
  );
  const own = ofType(template, 'AWS::IAM::Role').map(
    ([role, { Properties }]) => [role, Properties.Policies] as const,
  );
  return [...own, ...attached].flatMap(([role, policies]) =>
    statementsIn(policies)
      .filter(({ Effect }) => Effect === 'Allow')
      .map((statement) => ({ role, statement })),
  );
}

export function ofType(template: Template, type: string): [string, Resource][] {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}

/** Every policy statement anywhere below a value. */
function statementsIn(value: unknown): Statement[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('Effect' in value) return [value as Statement];
  return Object.values(value).flatMap(statementsIn);
}

function actions({ Action }: Statement): string[] {
  return [Action].flat();
}

function isTlsOnly(policy: string): boolean {
  return policy.includes('"Deny"') && /"aws:SecureTransport":"?false/.test(policy);
}

/** A reference as short text: `FeaturesTable.Arn`, `arn:aws:s3:::name/*`. */
function render(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[kind, argument] = ['', '']] = Object.entries(value as object);
  if (kind === 'Fn::GetAtt') return [argument].flat().join('.');
  if (kind === 'Fn::Sub') return String([argument].flat()[0]).replaceAll(/\$\{(?:AWS::)?([\w.]+)\}/g, '<$1>');
  if (kind === 'Fn::Join') return (argument[1] as unknown[]).map(render).join(argument[0]);
  return String(argument);
}

/** Those of the keys in the snapshot bucket that a lifecycle rule removes by their age alone. */
export function expiringByAge({ Resources }: Template, keys: string[]): string[] {
  const configuration = Resources.SnapshotBucket?.Properties.LifecycleConfiguration;
  const { Rules = [] } = (configuration ?? {}) as {
    Rules?: { Status: string; Prefix?: string; ExpirationInDays?: number }[];
  };
  const expiring = Rules.filter(({ Status, ExpirationInDays }) => Status === 'Enabled' && ExpirationInDays);
  return keys.filter((key) => expiring.some(({ Prefix = '' }) => key.startsWith(Prefix)));
}

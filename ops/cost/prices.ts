/** List prices in eu-west-1, USD, without taxes, free allowances, discounts or volume tiers. */

export interface Price {
  usd: number;
  /** What one of it is. */
  per: string;
  source: keyof typeof SOURCES;
}

/** Sources of the prices, with dates. */
export const SOURCES = {
  'price-list':
    'AWS Price List, https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/<service>/current/eu-west-1/index.json: ' +
    'AmazonDynamoDB of 2026-09-11, AWSLambda of 2026-10-01, AmazonCloudWatch of 2026-09-22, AmazonS3 of 2026-09-28',
  lambda: 'https://aws.amazon.com/lambda/pricing/, as quoted in 2024 to 2026 (the same in most regions)',
  apigateway:
    'AmazonApiGateway of 2026-07-24, HTTP APIs in eu-west-1 (SKU WPZ6JK7P27W4K4QK), as quoted in 2026; each 512 KB count as a ' +
    'request, says the whitepaper "Best Practices for Designing Amazon API Gateway Private APIs"',
  cloudwatch:
    'https://aws.amazon.com/cloudwatch/pricing/, as quoted in 2022 to 2026 (the same in all regions)',
  given: 'given by the users: the price of the cluster that is replaced',
  s3: 'AmazonS3 of 2026-09-28 for us-east-1, as quoted in 2026; GET and storage cost the same there as in eu-west-1',
  stepfunctions:
    'https://aws.amazon.com/step-functions/pricing/, Standard workflows: 0.0250 a thousand in its table for Europe (Ireland), in a copy without a date',
  emr: 'https://aws.amazon.com/emr/pricing/, as quoted in 2026 for us-east-1',
  ec2: 'https://aws.amazon.com/ec2/pricing/on-demand/, from memory: to be checked',
  databricks:
    'https://www.databricks.com/product/pricing, Premium on AWS, as quoted in April 2026; ' +
    'one DBU an hour for an i3.xlarge, from memory: to be checked',
} as const;

export const PRICES = {
  lambdaCompute: { usd: 0.0000133334, per: 'GB-second', source: 'lambda' }, // arm64
  lambdaRequest: { usd: 0.2e-6, per: 'request', source: 'price-list' },
  dynamodbWrite: { usd: 0.705e-6, per: 'write unit', source: 'price-list' },
  dynamodbRead: { usd: 0.1415e-6, per: 'read unit', source: 'price-list' },
  dynamodbStorage: { usd: 0.283, per: 'GB-month', source: 'price-list' },
  dynamodbBackup: { usd: 0.22, per: 'GB-month', source: 'price-list' }, // point-in-time recovery
  httpApi: { usd: 1.11e-6, per: 'request', source: 'apigateway' },
  s3Get: { usd: 0.4e-6, per: 'request', source: 'price-list' },
  s3Put: { usd: 5e-6, per: 'request', source: 's3' },
  stateTransition: { usd: 25e-6, per: 'transition', source: 'stepfunctions' },
  s3Storage: { usd: 0.023, per: 'GB-month', source: 'price-list' },
  logs: { usd: 0.57, per: 'GB', source: 'price-list' },
  metric: { usd: 0.3, per: 'metric', source: 'price-list' },
  alarm: { usd: 0.1, per: 'alarm', source: 'price-list' },
  dashboard: { usd: 3, per: 'dashboard', source: 'cloudwatch' },
  m5xlarge: { usd: 0.214, per: 'node-hour', source: 'given' },
  emrFee: { usd: 0.048, per: 'node-hour', source: 'emr' },
  i3xlarge: { usd: 0.344, per: 'node-hour', source: 'ec2' },
  dbuNotebook: { usd: 0.55, per: 'DBU', source: 'databricks' }, // all-purpose compute
  dbuJob: { usd: 0.15, per: 'DBU', source: 'databricks' }, // jobs compute
} as const satisfies Record<string, Price>;

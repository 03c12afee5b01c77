/** The service as the framework hands it over, and the settings of the local stack in it. */
import { availableParallelism } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { LocalError } from './error.ts';

/** The parts of the Serverless framework's own object that the plugin reads. */
export interface Serverless {
  service: {
    custom?: { local?: Record<string, unknown> };
    provider: {
      region: string;
      environment?: Record<string, unknown>;
      timeout?: number;
      memorySize?: number;
    };
    resources?: { Resources?: Record<string, Resource> };
    functions: Record<string, FunctionDefinition>;
  };
  serviceDir: string;
  getProvider(name: 'aws'): { naming: { getBucketLogicalId(name: string): string } };
}

/** A CloudFormation resource. */
export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
}

export interface FunctionDefinition {
  /** Full name, such as `verger-dev-featurize`. */
  name: string;
  handler: string;
  /** Seconds. */
  timeout?: number;
  /** MB. */
  memorySize?: number;
  environment?: Record<string, unknown>;
  events?: { s3?: string | S3EventDefinition }[];
  maximumRetryAttempts?: number;
}

export interface S3EventDefinition {
  bucket: unknown;
  event?: string;
  rules?: { prefix?: unknown; suffix?: unknown }[];
}

/** `custom.local` of serverless.yml, where the environment and --param come in. */
export interface Settings {
  /** 0: any free one. */
  s3Port: number;
  dynamodbPort: number;
  lambdaPort: number;
  httpPort: number;
  pagePort: number;
  /** Absolute path of the folder that holds all data. */
  data: string;
  /** Asynchronous invocations that run at once; by default one more than cores, as each waits for S3 and DynamoDB at times. */
  concurrency: number;
}

/** What is read of the framework's own object. */
interface ServiceSettings extends Pick<Serverless, 'serviceDir'> {
  service: Pick<Serverless['service'], 'custom'>;
}

/** Reads and checks the settings. @throws LocalError naming the setting and its value */
export function readSettings({ service, serviceDir }: ServiceSettings): Settings {
  const given = service.custom?.local ?? {};
  const data = String(given.data ?? '.local');
  return {
    s3Port: wholeNumber(given, 's3Port', 65535),
    dynamodbPort: wholeNumber(given, 'dynamodbPort', 65535),
    lambdaPort: wholeNumber(given, 'lambdaPort', 65535),
    httpPort: wholeNumber(given, 'httpPort', 65535),
    pagePort: wholeNumber({ pagePort: 0, ...given }, 'pagePort', 65535),
    data: isAbsolute(data) ? data : join(serviceDir, data),
    concurrency: wholeNumber(given, 'concurrency', 1000) || availableParallelism() + 1,
  };
}

/** Where a service listens, and how another port is chosen. */
export function portOf(settings: Settings, service: 's3' | 'dynamodb' | 'lambda' | 'http' | 'page') {
  const name = { s3: 'S3', dynamodb: 'DynamoDB', lambda: 'Lambda', http: 'HTTP', page: 'page' }[service];
  return {
    port: settings[`${service}Port`],
    what: `local ${name}`,
    variable: `VERGER_${name.toUpperCase()}_PORT`,
  };
}

function wholeNumber(given: Record<string, unknown>, name: string, most: number): number {
  const value = Number(given[name]);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new LocalError(
    `custom.local.${name} in serverless.yml should be a whole number from 0 to ${most}, is ${given[name]}`,
  );
}

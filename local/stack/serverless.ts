/** The service as the framework hands it over, and the settings of the local stack in it. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { LocalError } from './error.ts';
import type { PortSetting } from './listen.ts';

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

/** What listens, by the beginning of its setting's name. */
const SERVICES = { s3: 'S3', dynamodb: 'DynamoDB', lambda: 'Lambda', http: 'HTTP', page: 'page' } as const;

/** `custom.local` of serverless.yml, where the environment and --param come in. */
export interface Settings {
  ports: Record<keyof typeof SERVICES, PortSetting>;
  /** Absolute path of the folder that holds all data. */
  data: string;
  /** Asynchronous invocations that run at once; by default one more than cores, as each waits for S3 and DynamoDB at times. */
  concurrency: number;
}

/** Reads and checks the settings. @throws LocalError naming the setting and its value */
export function readSettings(given: Record<string, unknown> = {}, root: string): Settings {
  const ports = Object.entries(SERVICES).map(([service, name]): [string, PortSetting] => {
    const port = wholeNumber(given, `${service}Port`, 65535);
    return [service, { port, what: `local ${name}`, variable: variableOf(name) }];
  });
  return {
    ports: Object.fromEntries(ports) as Settings['ports'],
    data: resolve(root, String(given.data ?? '.local')),
    concurrency: wholeNumber(given, 'concurrency', 1000) || availableParallelism() + 1,
  };
}

/** Variables of a stack that takes any free port for each of its servers, beside whatever else runs. */
export const FREE_PORTS = Object.fromEntries(Object.values(SERVICES).map((name) => [variableOf(name), '0']));

function variableOf(name: string): string {
  return `VERGER_${name.toUpperCase()}_PORT`;
}

function wholeNumber(given: Record<string, unknown>, name: string, most: number): number {
  const value = Number(given[name]);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new LocalError(
    `custom.local.${name} in serverless.yml should be a whole number from 0 to ${most}, is ${given[name]}`,
  );
}

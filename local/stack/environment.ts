/** The environment that the functions find on this machine. */
import { resolve } from 'node:path';
import { resolveValue } from './resources.ts';
import type { Serverless } from './serverless.ts';

/** Addresses such as `http://127.0.0.1:4569`. */
export interface Endpoints {
  s3: string;
  dynamodb: string;
  lambda: string;
}

/** An SDK wants some; the local stack takes any. */
export const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** Variables that lead an AWS SDK, or the AWS CLI, to the local stack and nowhere else. */
export function awsVariables(endpoints: Endpoints, region: string): Record<string, string> {
  return {
    ...CREDENTIALS,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_LAMBDA: endpoints.lambda,
    AWS_ENDPOINT_URL_SFN: endpoints.lambda, // Step Functions answers there too
    // Checksums of every transfer are for networks that lose bytes.
    AWS_REQUEST_CHECKSUM_CALCULATION: 'WHEN_REQUIRED',
    AWS_RESPONSE_CHECKSUM_VALIDATION: 'WHEN_REQUIRED',
  };
}

/** Variables of a person's own AWS account that would take precedence. */
export const OTHER_AWS_VARIABLES = [
  'AWS_PROFILE',
  'AWS_SESSION_TOKEN',
  'AWS_ENDPOINT_URL',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
];

/**
 * Sets what the functions inherit, and resolves the references in serverless.yml's variables.
 *
 * @returns all variables that serverless.yml sets
 */
export function setEnvironment(serverless: Serverless, endpoints: Endpoints): Record<string, string> {
  const { service, serviceDir } = serverless;
  for (const name of OTHER_AWS_VARIABLES) delete process.env[name];
  Object.assign(process.env, awsVariables(endpoints, service.provider.region));

  // On Lambda the model lies in a layer.
  const model = resolve(serviceDir, process.env.MODEL_PATH || 'build/model/mobilenetv2.onnx');
  const all: Record<string, string> = {};
  for (const holder of [service.provider, ...Object.values(service.functions)]) {
    const own: Record<string, string> = {};
    for (const [name, value] of Object.entries(holder.environment ?? {}))
      own[name] = name === 'MODEL_PATH' ? model : String(resolveValue(value, serverless));
    holder.environment = own;
    Object.assign(all, own);
  }
  // Nothing here reads the metrics that the functions print for CloudWatch.
  service.provider.environment = { ...service.provider.environment, POWERTOOLS_METRICS_DISABLED: 'true' };
  return all;
}

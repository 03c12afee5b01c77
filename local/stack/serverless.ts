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

/** The functions as `sls package` describes them to CloudFormation. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Architecture } from '../../layers/runtime-libraries.ts';
import { bucketNames, resolveValue, tables } from '../../local/stack/resources.ts';
import type { Serverless } from '../../local/stack/serverless.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const REGION = 'eu-west-1';

/** A function as it is deployed. */
export interface PackagedFunction {
  name: string;
  handler: string;
  /** Such as `nodejs24.x`. */
  runtime: string;
  /** Megabytes. */
  memory: number;
  /** Seconds. */
  timeout: number;
  environment: Record<string, string>;
  /** Path of the zip file. */
  code: string;
  /** Paths of the zip files, by the layer's logical id. */
  layers: Map<string, string>;
}

export interface Packaged {
  /** By the name in serverless.yml. */
  functions: Map<string, PackagedFunction>;
  buckets: string[];
  tables: Record<string, unknown>[];
}

/** Packages the service for an architecture, and reads the template; references have their local values. */
export async function packageService(architecture: Architecture): Promise<Packaged> {
  const folder = mkdtempSync(join(tmpdir(), 'verger-template-'));
  try {
    const sls = join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js');
    const parameters = ['--param', `architecture=${architecture}`, '--param', 'identify=public'];
    const options = ['package', '--package', folder, ...parameters];
    await promisify(execFile)(process.execPath, [sls, ...options], { cwd: ROOT });
    const file = join(folder, 'cloudformation-template-update-stack.json');
    return readTemplate(JSON.parse(readFileSync(file, 'utf8')) as Template, architecture);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Template {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
}

interface FunctionProperties {
  FunctionName: string;
  Handler: string;
  Runtime: string;
  MemorySize: number;
  Timeout: number;
  Architectures: string[];
  Environment: { Variables: Record<string, string> };
  Code: { S3Key: string };
  Layers?: { Ref: string }[];
}

function readTemplate(template: Template, architecture: Architecture): Packaged {
  const serverless = {
    service: { provider: { region: REGION }, resources: template, functions: {} },
  } as unknown as Serverless;
  const functions = new Map<string, PackagedFunction>();
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const { Layers = [], ...found } = Properties as unknown as FunctionProperties;
    if (found.Architectures[0] !== architecture)
      throw new Error(`${found.FunctionName} is not for ${architecture}`);
    const zip = zipFile(found.Code.S3Key, architecture);
    functions.set(basename(zip, '.zip'), {
      name: found.FunctionName,
      handler: found.Handler,
      runtime: found.Runtime,
      memory: found.MemorySize,
      timeout: found.Timeout,
      environment: resolveValue(found.Environment.Variables, serverless) as Record<string, string>,
      code: zip,
      layers: new Map(Layers.map(({ Ref }) => [Ref, zipFile(layerKey(template, Ref), architecture)])),
    });
  }
  return { functions, buckets: [...bucketNames(serverless).values()], tables: tables(serverless) };
}

function layerKey(template: Template, id: string): string {
  return (template.Resources[id]!.Properties.Content as { S3Key: string }).S3Key;
}

/** The file that the framework uploads under a key. */
function zipFile(key: string, architecture: Architecture): string {
  const name = basename(key);
  const folder = name === 'native.zip' ? architecture : name === 'model.zip' ? '.' : 'functions';
  return join(ROOT, 'build', 'package', folder, name);
}

/** Runs one packaged function as Lambda does: unpacked, in a process of its own, driven by the Runtime API. */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { FunctionFailed, startRuntimeApi, type Times } from './runtime-api.ts';
import { fetchRuntimeClient } from './runtime-packages.ts';
import { type PackagedFunction, REGION } from './template.ts';

/** One execution environment. */
export interface Lambda {
  /** Settled at the end of the init phase. @throws FunctionFailed */
  ready: Promise<Times>;
  times(): Times;
  invoke(event: unknown): Promise<unknown>;
  /** Most memory that the process has held so far, in bytes. */
  peakMemory(): number;
  /** What the function has logged. */
  logs(): string;
  /** Names of the files in the function's temporary folder. */
  temporaryFiles(): string[];
  stop(): Promise<void>;
}

/** How to start Node, and what the functions find around them. */
export interface Surroundings {
  /** Command and arguments that run Node. */
  node: string[];
  /** Variables for the local S3, DynamoDB and Lambda, and others that differ from the template's. */
  variables: Record<string, string>;
  /** Layers that are left out, by logical id. */
  without?: string[];
}

/**
 * Starts a function in a new tree below the system's temporary folder. Paths below `/opt` in its environment
 * are moved into the tree; its heap has the limits that Lambda's own start script gives it.
 */
export async function startLambda(definition: PackagedFunction, surroundings: Surroundings): Promise<Lambda> {
  const tree = await unpack(definition, surroundings.without ?? []);
  const arn = `arn:aws:lambda:${REGION}:000000000000:function:${definition.name}`;
  const api = await startRuntimeApi(arn, definition.timeout);
  const [command = '', ...prefix] = surroundings.node;
  const child = spawn(command, [...prefix, ...nodeOptions(definition.memory), join(tree, CLIENT)], {
    cwd: join(tree, TASK),
    env: environment(definition, tree, api.address, surroundings.variables),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let logs = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (logs += part));
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => api.fail(error));
    child.on('close', (code, signal) => {
      api.fail(new FunctionFailed('Runtime.ExitError', `the process ended: ${signal ?? code}\n${logs}`));
      resolve();
    });
  });
  return {
    ready: api.ready,
    times: api.times,
    invoke: api.invoke,
    logs: () => logs,
    peakMemory: () => readPeak(child.pid ?? 0),
    temporaryFiles: () => readdirSync(join(tree, 'tmp')),
    async stop() {
      child.kill('SIGKILL');
      await ended;
      await api.close();
      rmSync(tree, { recursive: true, force: true });
    },
  };
}

const TASK = 'var/task';
const RUNTIME = 'var/runtime';
const CLIENT = `${RUNTIME}/index.mjs`;

async function unpack({ code, layers }: PackagedFunction, without: string[]): Promise<string> {
  const tree = mkdtempSync(join(tmpdir(), 'verger-lambda-'));
  for (const folder of [TASK, RUNTIME, 'opt', 'tmp']) mkdirSync(join(tree, folder), { recursive: true });
  unzip(code, join(tree, TASK));
  for (const [id, zip] of layers) if (!without.includes(id)) unzip(zip, join(tree, 'opt'));
  copyFileSync(await fetchRuntimeClient(), join(tree, CLIENT));
  const rapidClient = fileURLToPath(new URL('rapid-client.cjs', import.meta.url));
  copyFileSync(rapidClient, join(tree, RUNTIME, 'rapid-client.cjs'));
  return tree;
}

function unzip(zip: string, folder: string): void {
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(zip)))) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes, { mode: 0o644 });
  }
}

/** As /var/runtime/bootstrap of Lambda's Node images has them: nine tenths of the memory are for the heap. */
function nodeOptions(memory: number): string[] {
  const young = Math.floor(memory / 10);
  return [
    '--expose-gc',
    '--max-http-header-size=81920',
    `--max-semi-space-size=${Math.floor(young / 2)}`,
    `--max-old-space-size=${memory - young}`,
  ];
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
function environment(
  { name, handler, runtime, memory, environment: own }: PackagedFunction,
  tree: string,
  runtimeApi: string,
  variables: Record<string, string>,
): Record<string, string> {
  const major = /\d+/.exec(runtime)?.[0];
  const opt = join(tree, 'opt');
  const modules = [`${opt}/nodejs/node${major}/node_modules`, `${opt}/nodejs/node_modules`];
  const given = { ...own, ...variables };
  return {
    ...Object.fromEntries(
      Object.entries(given).map(([key, value]) => [key, value.replace(/^\/opt\//, `${opt}/`)]),
    ),
    _HANDLER: handler,
    AWS_DEFAULT_REGION: REGION,
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef',
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_REGION: REGION,
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:9', // nobody listens: traces are sent as datagrams, and lost
    LAMBDA_RUNTIME_DIR: join(tree, RUNTIME),
    LAMBDA_TASK_ROOT: join(tree, TASK),
    LANG: 'en_US.UTF-8',
    LD_LIBRARY_PATH: [`${opt}/lib`, join(tree, TASK), join(tree, TASK, 'lib')].join(':'),
    NODE_OPTIONS: `--require ${join(tree, RUNTIME, 'rapid-client.cjs')}`,
    NODE_PATH: [...modules, join(tree, RUNTIME, 'node_modules'), join(tree, RUNTIME), join(tree, TASK)].join(
      ':',
    ),
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TMPDIR: join(tree, 'tmp'), // Lambda's is /tmp, and nobody else's
    TZ: ':UTC',
  };
}

function readPeak(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

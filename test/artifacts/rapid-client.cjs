/**
 * Stands in for the compiled part of AWS's runtime client, which talks HTTP to the Runtime API, and takes the
 * time of what happens before the first invocation. Preloaded with `node --require`.
 */
'use strict';
const { Agent, request } = require('node:http');
const Module = require('node:module');

/** Milliseconds since the process began: [start, end] of loading the handler, the libraries and the model. `cpu` is processor time. */
const times = { client: [performance.now()] };

const TIMED = new Set(['sharp', 'onnxruntime-node', 'parquet-wasm/node']);
const load = Module._load;
Module._load = function (name, ...rest) {
  if (name === './rapid-client.node') return rapidClient;
  const isHandler = name.startsWith(process.env.LAMBDA_TASK_ROOT);
  if (!isHandler && !TIMED.has(name)) return load.call(this, name, ...rest);
  const start = performance.now();
  if (isHandler) times.client.push(start);
  const loaded = load.call(this, name, ...rest);
  times[isHandler ? 'handler' : name] = [start, performance.now()];
  if (name === 'onnxruntime-node') timeModel(loaded.InferenceSession);
  return loaded;
};

function timeModel(InferenceSession) {
  const create = InferenceSession.create;
  InferenceSession.create = async (...values) => {
    const start = performance.now();
    const session = await create.apply(InferenceSession, values);
    times.model ??= [start, performance.now()];
    return session;
  };
}

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
// One connection: a request waits for the one before, as in the compiled client.
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const rapidClient = {
  async next() {
    if (!times.ready) {
      const { user, system } = process.cpuUsage();
      times.cpu = [0, (user + system) / 1000];
      times.ready = [0, performance.now()];
    }
    const { headers, body } = await call('GET', '/next', undefined, {
      'verger-times': JSON.stringify(times),
    });
    return { bodyJson: body, headers };
  },
  done: (id, body) => void call('POST', `/${id}/response`, body),
  error: (id, body) => void call('POST', `/${id}/error`, body),
};

function call(method, path, content, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { hostname, port, agent, method, path: `/2018-06-01/runtime/invocation${path}`, headers };
    const outgoing = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part) => {
        body += part;
      });
      response.on('end', () => resolve({ headers: response.headers, body }));
    });
    outgoing.on('error', reject);
    outgoing.end(content);
  });
}

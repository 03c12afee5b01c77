/**
 * Invokes again what failed for good: every message now in the failure queue. A message is deleted only once Lambda
 * has accepted its event. Needs the AWS CLI.
 *
 *   node ops/redrive.mjs QUEUE_URL
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [queue] = process.argv.slice(2);
if (!queue) {
  console.error('usage: node ops/redrive.mjs QUEUE_URL');
  process.exit(1);
}

const started = Date.now();
const folder = mkdtempSync(join(tmpdir(), 'verger-redrive-'));
try {
  for (let message = receive(); message; message = receive()) {
    // What fails again returns to the queue: leave it for a person to look at.
    if (Number(message.Attributes?.SentTimestamp) > started) continue;
    invoke(JSON.parse(message.Body));
    aws('sqs', 'delete-message', '--queue-url', queue, '--receipt-handle', message.ReceiptHandle);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function receive() {
  const options = ['--attribute-names', 'SentTimestamp', '--wait-time-seconds', '5', '--output', 'json'];
  const answer = aws('sqs', 'receive-message', '--queue-url', queue, ...options);
  return answer.trim() === '' ? undefined : JSON.parse(answer).Messages?.[0];
}

/** @param record Lambda's record of a failed asynchronous invocation */
function invoke({ requestContext, requestPayload, responsePayload }) {
  const name = requestContext.functionArn.split(':')[6];
  const payload = join(folder, 'payload.json');
  writeFileSync(payload, JSON.stringify(requestPayload));
  const options = ['--invocation-type', 'Event', '--payload', `fileb://${payload}`, join(folder, 'answer')];
  aws('lambda', 'invoke', '--function-name', name, ...options);
  console.log(
    `${name} again; it had failed with: ${responsePayload?.errorMessage ?? requestContext.condition}`,
  );
}

function aws(...parameters) {
  return execFileSync('aws', parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

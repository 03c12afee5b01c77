/** Lambda's asynchronous invocations, as the simulation has them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS, type FaultKind, Faults } from '../faults.ts';
import { Random, seeded } from '../random.ts';
import { VirtualTime } from '../virtual-time.ts';
import type { Invocation, Service } from './invocation.ts';
import { Lambda, type Letter } from './lambda.ts';

const MINUTE = 60_000;

/** A Lambda with one function, and the one fault that strikes wherever it can. */
function lambdaWith(run: (invocation: Invocation) => Promise<unknown>, fault?: FaultKind) {
  const time = new VirtualTime(0);
  const dead: Letter[] = [];
  const starts: number[] = [];
  const faults = new Faults(seeded('lambda'));
  faults.strikes = (kind) => kind === fault;
  const lambda = new Lambda<'f'>({
    time,
    faults,
    tell: () => {},
    slowest: 10,
    seed: 1,
    functions: { f: { timeout: MINUTE, retries: 2, maximumAge: 360 * MINUTE, spared: 0 } },
    run: (_, __, invocation) => {
      starts.push(time.now());
      return run(invocation);
    },
    onDead: (letter) => dead.push(letter),
  });
  const deliver = async () => {
    lambda.accept({ name: 'a', functionName: 'f', event: {}, redrives: 0 });
    await time.settle();
    return { starts, dead: dead.length, deliveries: lambda.deliveries };
  };
  return { deliver, time };
}

const counting = () => {
  const done: string[] = [];
  const service: Service = {
    answer: () => {
      done.push('done');
      return 'answer';
    },
    describe: () => 'Count',
  };
  return { done, service, ask: (invocation: Invocation) => invocation.send(service, { input: {} }) };
};

test('an event that fails is tried three times, a minute and two minutes apart, and is a dead letter then', async () => {
  const { starts, dead } = await lambdaWith(() => Promise.reject(new Error('no'))).deliver();
  assert.equal(dead, 1);
  assert.equal(starts.length, 3);
  const [first = 0, second = 0, third = 0] = starts;
  assert.ok(Math.abs(second - first - MINUTE) < 0.25 * MINUTE);
  assert.ok(Math.abs(third - second - 2 * MINUTE) < 0.5 * MINUTE);
});

test('an event that is done is delivered once, or twice', async () => {
  assert.equal((await lambdaWith(async () => {}).deliver()).deliveries, 1);
  assert.equal((await lambdaWith(async () => {}, 'event delivered twice').deliver()).deliveries, 2);
});

test('faults strike before, at and after a request', async () => {
  const expected: [FaultKind, requests: number, failures: number][] = [
    ['crash before a request', 0, 1],
    ['crash after a request', 3, 1],
    ['request done, its answer lost', 3, 1],
    ['request done, its answer lost, sent again', 2, 0],
    ['request refused: throttled or away', 0, 1],
    ['request slow, the function times out', 3, 1],
    ['crash after the last request', 3, 1],
  ];
  for (const [fault, requests, failures] of expected) {
    const { done, ask } = counting();
    const { dead } = await lambdaWith(ask, fault).deliver();
    assert.deepEqual([done.length, dead], [requests, failures], fault);
  }
});

test('a function that was stopped does nothing more', async () => {
  const { done, ask } = counting();
  const insisting = async (invocation: Invocation) => {
    await ask(invocation).catch(() => {});
    await ask(invocation);
  };
  await lambdaWith(insisting, 'crash after a request').deliver();
  assert.equal(done.length, 3, 'one request an attempt');
});

test('every kind of fault has its chance', () => {
  const faults = Array.from({ length: 200 }, (_, seed) => new Faults(seeded(seed)));
  for (const kind of Object.keys(FAULTS) as FaultKind[]) {
    const random = new Random(1);
    assert.ok(
      faults.some((one) => Array.from({ length: 200 }).some(() => one.strikes(kind, 'x', random))),
      kind,
    );
  }
});

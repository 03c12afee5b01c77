/**
 * The function `phase` as it is, but for a tree of few rows, and faults that a test plants: a file of JSON says which
 * attempt at which task meets which fault. Bundled, and run by the local stack's Lambda.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createReducePorts } from '../../functions/adapters/reduce-ports.ts';
import { parsePhaseEvent } from '../../functions/adapters/requests/reduce.ts';
import { ContractBroken } from '../../functions/core/errors.ts';
import { type EnginePorts, runPhase } from '../../functions/core/reduce/run-phase.ts';
import type { WorkStore } from '../../functions/core/spool/work-store.ts';

export type Fault =
  | 'killed before it is done'
  | 'killed when it is done'
  /** Two attempts side by side. */
  | 'twice'
  /** Done, but for its commit, when the engine gives up on it; it commits after its retry has. */
  | 'late'
  | 'fails for good';

/** By task, such as `gather 1`. */
export type Faults = Record<string, Fault>;

/** Parts of 64 rows, two a range. */
export const TREE = { partRows: 64, rangeParts: 2 };

/** Written by the test: the faults, and the folder of what has been met of them. */
function planted(): { faults: Faults; path: string } {
  return JSON.parse(readFileSync(join(process.env.FAULTS ?? '', 'faults.json'), 'utf8'));
}

export async function handler(event: { phase: string; task?: number; run?: string }): Promise<unknown> {
  if (event.phase === 'failed') return note('recorded', event);
  const name = `${event.phase} ${event.task ?? 0}`;
  const fault = faultOf(name);
  note('attempt', { name, run: event.run ?? null });
  const ports = { ...createReducePorts(), tree: TREE };
  const work = () =>
    runPhase(fault === undefined ? ports : faulty(ports, name, fault), parsePhaseEvent(event));
  if (fault === 'fails for good') throw new ContractBroken(`${name} is broken`);
  if (fault !== 'twice') return await work();
  const [answer] = await Promise.all([work(), work()]);
  return answer;
}

/** The fault of this attempt: of the first one alone, but for what fails for good. */
function faultOf(name: string): Fault | undefined {
  const { faults, path } = planted();
  const fault = faults[name];
  if (fault === 'fails for good' || fault === undefined) return fault;
  const seen = join(path, name);
  if (existsSync(seen)) return undefined;
  writeFileSync(seen, '');
  return fault;
}

function faulty(ports: EnginePorts, name: string, fault: Fault): EnginePorts {
  const workOf = (run: string): WorkStore => {
    const work = ports.workOf(run);
    return {
      ...work,
      async commit(file, content) {
        if (fault === 'killed before it is done') process.kill(process.pid, 'SIGKILL');
        while (fault === 'late' && (await work.read(file)) === undefined) await setTimeout(20);
        const isFirst = await work.commit(file, content);
        note('committed', { name, isFirst });
        if (fault === 'killed when it is done') process.kill(process.pid, 'SIGKILL');
        return isFirst;
      },
    };
  };
  return { ...ports, workOf };
}

function note(what: string, fields: object): null {
  appendFileSync(join(planted().path, 'notes.jsonl'), `${JSON.stringify({ what, ...fields })}\n`);
  return null;
}

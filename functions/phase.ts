/** One task of one phase of a large reduce; the state machine invokes it. */
import { log, observed } from './adapters/observability.ts';
import { createReducePorts } from './adapters/reduce-ports.ts';
import { parsePhaseEvent } from './adapters/requests/reduce.ts';
import { type PhaseAnswer, runPhase } from './core/reduce/run-phase.ts';

const ports = createReducePorts();

/** The last request of an execution that fails, `{ phase: "failed" }` with what it knows, is recorded. */
export const handler = observed(async (event: { phase?: unknown }): Promise<PhaseAnswer> => {
  if (event?.phase === 'failed') {
    log.warn('reduce-failed', { ...event });
    return {};
  }
  return await runPhase(ports, parsePhaseEvent(event));
});

/** On schedule and on demand: features of all photos → PCA, Parquet snapshot, report. */
import { SFNClient } from '@aws-sdk/client-sfn';
import { setting, wholeNumberSetting } from './adapters/config.ts';
import { log, observed, traced } from './adapters/observability.ts';
import { createReducePorts } from './adapters/reduce-ports.ts';
import { parseReduceEvent } from './adapters/requests/reduce.ts';
import { startExecution } from './adapters/step-functions.ts';
import { TooFewRows } from './core/errors.ts';
import { estimateItems } from './core/reduce/estimate.ts';
import type { ReduceResult } from './core/reduce/publish.ts';
import { reduceFeatures } from './core/reduce/reduce.ts';

const ports = createReducePorts();
const stepFunctions = traced(new SFNClient());
const machine = setting('REDUCE_MACHINE');
const mostRows = wholeNumberSetting('REDUCE_ROWS_IN_ONE_FUNCTION');

/**
 * Reduces, or, where the table is too large for one function, has the state machine do it, and answers with the
 * execution. The schedule also comes when there is nothing to reduce yet, which is then no failure.
 */
export const handler = observed(
  async (event: unknown): Promise<ReduceResult | { execution: string } | { skipped: string }> => {
    const { scheduled, options, segments, resume } = parseReduceEvent(event);
    const isLarge = segments !== undefined || resume !== undefined || (await estimateItems(ports)) > mostRows;
    if (isLarge) {
      const execution = await startExecution(stepFunctions, machine, event ?? {});
      log.info('reduce-started', { execution });
      return { execution };
    }
    try {
      return await reduceFeatures(ports, options);
    } catch (error) {
      if (!scheduled || !(error instanceof TooFewRows)) throw error;
      log.warn('reduce-skipped', { why: error.message });
      return { skipped: error.message };
    }
  },
);

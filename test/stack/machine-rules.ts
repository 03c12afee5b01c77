/** What must hold of the state machine that runs large reduces: each rule gives the violations it finds, by state. */
import { isDeepStrictEqual } from 'node:util';
import type { Resource, Template } from './template-rules.ts';

interface Retrier {
  ErrorEquals: string[];
  MaxAttempts: number;
  JitterStrategy?: string;
}

interface State {
  Type: string;
  Resource?: string;
  TimeoutSeconds?: number;
  Retry?: Retrier[];
  Catch?: { ErrorEquals: string[]; Next: string; ResultPath: string }[];
  ResultPath?: string;
  ResultSelector?: object;
  MaxConcurrency?: number;
  ItemProcessor?: Processor & { ProcessorConfig: { Mode: string; ExecutionType: string } };
  Next?: string;
}

interface Processor {
  StartAt: string;
  States: Record<string, State>;
}

export type Definition = Processor;

/** The definition with what CloudFormation puts into it. */
export function definitionOf({ Properties }: Resource): Definition {
  const text = JSON.stringify(Properties.Definition);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's
  return JSON.parse(text.replaceAll('${Phase}', 'arn:aws:lambda:eu-west-1:123456789012:function:phase'));
}

/** Tasks that invoke anything but the phase function, that it outlives, or that are not tried again, with jitter. */
export function carelessTasks(definition: Definition, timeout: number): string[] {
  return allStates(definition).flatMap(([name, { Type, Resource = '', TimeoutSeconds = 60, Retry = [] }]) => {
    if (Type !== 'Task') return [];
    const [never, again] = Retry;
    return [
      ...(Resource.endsWith(':function:phase') ? [] : [`${name}: invokes ${Resource}`]),
      ...(TimeoutSeconds > timeout ? [] : [`${name}: gives up on a function that still runs`]),
      ...(never?.MaxAttempts === 0 && LASTING.every((error) => never.ErrorEquals.includes(error))
        ? []
        : [`${name}: tries again what cannot be mended`]),
      ...(again?.ErrorEquals[0] === 'States.ALL' && again.MaxAttempts > 2 && again.JitterStrategy === 'FULL'
        ? []
        : [`${name}: is not tried again with jitter`]),
    ];
  });
}

/** Errors that another attempt meets again. */
const LASTING = ['InvalidRequest', 'ContractBroken', 'ModelMismatch', 'TooFewRows'];

/** Maps that are not distributed, have no limit on tasks at once, or keep what their tasks answer. */
export function boundlessMaps({ States }: Definition): string[] {
  return Object.entries(States).flatMap(([name, state]) => {
    const { Type, MaxConcurrency = 0, ResultPath, ResultSelector, ItemProcessor } = state;
    if (Type !== 'Map') return [];
    const { Mode, ExecutionType } = ItemProcessor!.ProcessorConfig;
    return [
      ...(Mode === 'DISTRIBUTED' && ExecutionType === 'STANDARD' ? [] : [`${name}: is not distributed`]),
      ...(MaxConcurrency > 0 ? [] : [`${name}: has no limit`]),
      ...(ResultPath && isDeepStrictEqual(ResultSelector, { done: true })
        ? []
        : [`${name}: keeps its results`]),
    ];
  });
}

/** States whose failure nobody records, or after which the execution does not fail. */
export function unrecordedFailures({ States }: Definition): string[] {
  return Object.entries(States).flatMap(([name, { Type, Catch = [] }]) => {
    if (Type !== 'Task' && Type !== 'Map') return [];
    const all = Catch.find(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'));
    const record = States[all?.Next ?? ''];
    const isRecorded = record?.Type === 'Task' && States[record.Next ?? '']?.Type === 'Fail';
    const isEnd = record?.Type === 'Fail' && all?.ResultPath !== '$.failure';
    return isRecorded || isEnd ? [] : [name];
  });
}

/** The states of the machine, and of the maps in it. */
function allStates({ States }: Processor): [string, State][] {
  return Object.entries(States).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...(state.ItemProcessor ? allStates(state.ItemProcessor) : []),
  ]);
}

export function machineOf({ Resources }: Template): Resource {
  const [machine] = Object.values(Resources).filter(
    ({ Type }) => Type === 'AWS::StepFunctions::StateMachine',
  );
  if (machine === undefined) throw new Error('the template has no state machine');
  return machine;
}

/**
 * The state machine on this machine: its definition as it is deployed, run by an interpreter of the States Language,
 * whose tasks invoke the functions at the local Lambda port. Executions are forgotten when the stack stops; their work
 * files are not, so such a run goes on by `{"resume": RUN}`.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/Welcome.html
 */
import { randomUUID } from 'node:crypto';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { CREDENTIALS } from './environment.ts';
import { resolveValue, resourcesOf } from './resources.ts';
import type { Serverless } from './serverless.ts';

export type StepFunctions = ReturnType<typeof createStepFunctions>;

export interface Execution {
  executionArn: string;
  stateMachineArn: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  input: string;
  output?: string;
  error?: string;
  cause?: string;
}

/** Most bytes of what goes into a state or comes out of it. */
const MOST_BYTES = 256 * 1024;

type Json = Parameters<InstanceType<Interpreter>['run']>[0];
type Interpreter = typeof import('aws-local-stepfunctions')['StateMachine'];

/** What an execution tells while it runs. */
export interface StateEvent {
  type: string;
  state?: { name: string; output?: unknown };
  parentState?: { name: string; output?: unknown };
}

/**
 * Reads the state machines among the resources.
 *
 * @param onEvent told of every state that an execution enters or leaves
 */
export function createStepFunctions(serverless: Serverless, onEvent: (event: StateEvent) => void = () => {}) {
  const machines = readMachines(serverless);
  const executions = new Map<string, Execution>();
  const running = new Set<() => void>();

  async function run(execution: Execution, definition: StateMachineDefinition): Promise<void> {
    try {
      const StateMachine = await loadInterpreter();
      const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = CREDENTIALS;
      const machine = new StateMachine(definition, {
        validationOptions: { checkArn: false },
        awsConfig: {
          region: serverless.service.provider.region,
          credentials: { accessKeys: { accessKeyId, secretAccessKey } },
        },
      });
      const { abort, result, eventLogs } = machine.run(JSON.parse(execution.input) as Json);
      running.add(abort);
      const watching = watch(eventLogs as AsyncIterable<StateEvent>, onEvent, abort);
      const [output] = await Promise.all([result, watching]).finally(() => running.delete(abort));
      Object.assign(execution, { status: 'SUCCEEDED', output: JSON.stringify(output) });
    } catch (failure) {
      const { name, message, cause } = failure as Error & { cause?: Error };
      const [error, why] = [cause?.name ?? name, cause?.message ?? message];
      Object.assign(execution, { status: 'FAILED', error, cause: why });
      console.error(`${execution.executionArn} failed: ${why}`);
    }
  }

  function start({ stateMachineArn = '', name = randomUUID(), input = '{}' }: Record<string, string>) {
    const definition = machines.get(stateMachineArn);
    if (definition === undefined) throw new Error(`StateMachineDoesNotExist: ${stateMachineArn}`);
    const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    const execution: Execution = { executionArn, stateMachineArn, status: 'RUNNING', input };
    executions.set(executionArn, execution);
    void run(execution, definition);
    return { executionArn, startDate: Date.now() / 1000 };
  }

  return {
    /**
     * Answers a request of the API.
     *
     * @param target such as `AWSStepFunctions.StartExecution`
     * @throws Error beginning with what Step Functions calls it
     */
    answer(target: string, request: Record<string, string>): object {
      if (target === 'AWSStepFunctions.StartExecution') return start(request);
      if (target !== 'AWSStepFunctions.DescribeExecution')
        throw new Error(`UnknownOperationException: ${target} is not offered here`);
      const execution = executions.get(request.executionArn ?? '');
      if (execution === undefined) throw new Error(`ExecutionDoesNotExist: ${request.executionArn}`);
      return execution;
    },
    /** Gives up on executions; the invocations under way are left to end. */
    close() {
      for (const abort of running) abort();
    },
  };
}

/** Definitions by ARN, with what CloudFormation puts into them. */
export function readMachines(serverless: Serverless): Map<string, StateMachineDefinition> {
  return new Map(
    resourcesOf(serverless, 'AWS::StepFunctions::StateMachine').map(([id, { Properties = {} }]) => {
      const { Definition, DefinitionSubstitutions = {} } = Properties;
      const substitutes = Object.entries(
        resolveValue(DefinitionSubstitutions, serverless) as Record<string, string>,
      );
      let text = JSON.stringify(Definition);
      for (const [name, value] of substitutes) text = text.replaceAll(`\${${name}}`, value);
      return [String(resolveValue({ Ref: id }, serverless)), JSON.parse(text) as StateMachineDefinition];
    }),
  );
}

/** The interpreter has no limit on sizes: here it is held to. */
async function watch(
  events: AsyncIterable<StateEvent>,
  onEvent: (event: StateEvent) => void,
  abort: () => void,
): Promise<void> {
  for await (const event of events) {
    onEvent(event);
    const { name, output } = event.state ?? { name: '' };
    if (output === undefined || JSON.stringify(output).length <= MOST_BYTES) continue;
    abort();
    throw Object.assign(new Error(`${name} gives over ${MOST_BYTES} bytes`), {
      name: 'States.DataLimitExceeded',
    });
  }
}

/** It is written for Node 22, of which it needs one function. */
async function loadInterpreter(): Promise<Interpreter> {
  const promise = Promise as { withResolvers?: unknown };
  promise.withResolvers ??= () => {
    const parts: Record<string, unknown> = {};
    const made = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
    return Object.assign(parts, { promise: made });
  };
  return (await import('aws-local-stepfunctions')).StateMachine;
}

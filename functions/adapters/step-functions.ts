/** The state machine that runs a large reduce. */
import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';

/**
 * Starts an execution.
 *
 * @param machine ARN
 * @param input what reduce was asked
 * @returns ARN of the execution
 */
export async function startExecution(client: SFNClient, machine: string, input: object): Promise<string> {
  const { executionArn } = await client.send(
    new StartExecutionCommand({ stateMachineArn: machine, input: JSON.stringify(input) }),
  );
  return executionArn ?? '';
}

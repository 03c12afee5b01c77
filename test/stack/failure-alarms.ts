/** Whether somebody is told of failures: the failure queue's alarms, played through. */
import { ofType, type Template } from './template-rules.ts';

interface Alarm {
  Namespace: string;
  MetricName: string;
  Statistic: string;
  Dimensions: { Name: string; Value: unknown }[];
  AlarmActions: unknown[];
  Period: number;
  EvaluationPeriods: number;
  Threshold: number;
  ComparisonOperator: string;
}

/**
 * Failures that nobody is told of. CloudWatch sends a message when an alarm begins to ring, and none while it rings.
 *
 * @param failures minutes at which a message came into the queue; none has been taken out
 * @returns those in whose period no alarm began to ring
 */
export function untoldFailures(template: Template, failures: number[]): number[] {
  const alarms = ofType(template, 'AWS::CloudWatch::Alarm')
    .map(([, { Properties }]) => Properties as unknown as Alarm)
    .filter(({ Namespace, Dimensions }) => {
      return Namespace === 'AWS/SQS' && JSON.stringify(Dimensions).includes('"FailureQueue"');
    });
  return failures.filter((minute) => !alarms.some((alarm) => beginsToRing(alarm, failures, minute)));
}

function beginsToRing(alarm: Alarm, failures: number[], minute: number): boolean {
  const period = Math.floor((minute * 60) / alarm.Period);
  const isBreached = (at: number) => value(alarm, failures, at) > alarm.Threshold;
  return alarm.AlarmActions.length > 0 && isBreached(period) && !isBreached(period - 1);
}

/** What CloudWatch has of the metric for one period; only what the stack uses is known here. */
function value(alarm: Alarm, failures: number[], period: number): number {
  const { MetricName, Statistic, EvaluationPeriods, ComparisonOperator } = alarm;
  if (EvaluationPeriods !== 1 || ComparisonOperator !== 'GreaterThanThreshold') {
    throw new Error(`an alarm of the failure queue is of an unknown kind: ${JSON.stringify(alarm)}`);
  }
  const periods = failures.map((minute) => Math.floor((minute * 60) / alarm.Period));
  switch (`${MetricName} ${Statistic}`) {
    case 'ApproximateNumberOfMessagesVisible Maximum':
      return periods.filter((other) => other <= period).length;
    case 'NumberOfMessagesSent Sum':
      return periods.filter((other) => other === period).length;
    default:
      throw new Error(`${Statistic} of ${MetricName} is not known to this test`);
  }
}

const { deployed } = require('./identify.cjs');

/**
 * What an alarm counts for all functions together: every five minutes, the sum of one of Lambda's metrics over the
 * functions in serverless.yml.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#async-invocation-metrics
 */
const ofAllFunctions = (metricName) => async (serverless) => {
  const { resolveConfigurationProperty, resolveVariable } = serverless;
  const names = await deployed(serverless);
  const service = `${await resolveConfigurationProperty(['service'])}-${await resolveVariable('sls:stage')}`;
  const metrics = names.map((name) => ({
    Id: name,
    ReturnData: false,
    MetricStat: {
      Stat: 'Sum',
      Period: 300,
      Metric: {
        Namespace: 'AWS/Lambda',
        MetricName: metricName,
        Dimensions: [{ Name: 'FunctionName', Value: `${service}-${name}` }],
      },
    },
  }));
  return [{ Id: 'all', Expression: 'SUM(FILL(METRICS(), 0))' }, ...metrics];
};

module.exports = {
  destinationDeliveryFailures: ofAllFunctions('DestinationDeliveryFailures'),
  asyncEventsDropped: ofAllFunctions('AsyncEventsDropped'),
};

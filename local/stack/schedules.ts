/** Schedules: serverless-offline keeps the time, the local queue runs what is due, as on AWS. */
import Lambda from 'serverless-offline/lambda';

/**
 * Passes on what serverless-offline would run itself, in worker threads whose end can be that of the process
 * (lambda-pool.ts). Its own Lambda port, which answers any web page, stays closed.
 */
export function queueSchedules(enqueue: (functionKey: string, event: unknown) => void): void {
  Lambda.prototype.start = async () => {};
  Lambda.prototype.get = (functionKey) => {
    let event: unknown;
    return {
      setEvent(given) {
        event = given;
      },
      async runHandler() {
        enqueue(functionKey, event);
      },
    };
  };
}

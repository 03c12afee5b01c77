import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a program of this project, which gets its task as JSON, and answers with JSON in its last line. */
export async function runProcess<T>(program: URL, task: object): Promise<T> {
  const parameters = ['--import', 'tsx', program.pathname, JSON.stringify(task)];
  const { stdout } = await promisify(execFile)(process.execPath, parameters, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T;
}

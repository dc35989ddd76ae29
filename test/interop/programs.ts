import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';
import { skipNote } from '../skip-note.ts';

/** The output of a program, and its exit code. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Returns whether a program of this name is installed. */
function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Declares tests that need a program. If the program is not installed, the tests are skipped with a reason.
 */
export function describeWith(program: string, tests: () => void): void {
  if (isInstalled(program)) describe(program, tests);
  else describe.skip(`${program}${skipNote(`${program} is not installed here`)}`, tests);
}

/** Runs a program until it exits. */
export function run(program: string, args: readonly string[], input: string | Buffer = ''): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, NO_COLOR: '1' } });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
    // A program may exit before it has read all its input. Its output decides whether the test passes.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/** What a program said, and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** True when a program of this name can be run here. */
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

/** Tests that need a program: without it they are skipped, and say so. */
export function describeWith(program: string, tests: () => void): void {
  if (isInstalled(program)) describe(program, tests);
  else describe.skip(`${program} is not installed here, so it is not tried`, tests);
}

/** Runs a program to its end. */
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
    // A program that ends without reading all of it is judged by what it says.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

import { spawn } from 'node:child_process';

export interface Ended {
  /** Undefined if the process was stopped. */
  readonly exitCode: number | undefined;
  readonly output: string;
  readonly seconds: number;
}

/** Runs Node in a directory. Stops it, and the processes that it started, after the time limit. */
export function runProcess(args: readonly string[], directory: string, limitMs: number): Promise<Ended> {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    // The process has its own process group, so that its child processes can be stopped too.
    detached: true,
    env: { ...process.env, NO_COLOR: '1' },
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((resolve, reject) => {
    let isStopped = false;
    const timer = setTimeout(() => {
      isStopped = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      const exitCode = isStopped ? undefined : (code ?? 1);
      resolve({ exitCode, output, seconds: (performance.now() - startMs) / 1_000 });
    });
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { command, environment } from './built-command.ts';
import { TextStream } from './text-stream.ts';

/** The result of a command that has exited. */
export interface Ended {
  /** The exit status, or the name of the signal that killed the command. */
  readonly status: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs without a terminal. */
export class RunningCommand {
  readonly child: ChildProcess;
  readonly stdout: TextStream = new TextStream();
  readonly stderr: TextStream = new TextStream();
  readonly ended: Promise<Ended>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(process.execPath, [command, ...args], { env });
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name]?.setEncoding('utf8');
      this.child[name]?.on('data', (chunk: string) => this[name].push(chunk));
    }
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        this.stdout.end();
        this.stderr.end();
        resolve({ status: code ?? signal, stdout: this.stdout.text, stderr: this.stderr.text });
      });
    });
  }

  send(text: string): void {
    this.child.stdin?.write(text);
  }

  /** Closes standard input, and waits for the command to exit. */
  finish(text = ''): Promise<Ended> {
    this.child.stdin?.end(text);
    return this.ended;
  }
}

/** Starts the built command without a terminal. The command is killed when the test ends. */
export function startCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningCommand {
  const running = new RunningCommand(args, environment(env));
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return running;
}

/** Runs the command until it exits, with `input` as its standard input. */
export function runCommand(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return startCommand(args, env).finish(input);
}

/** Starts `memstore serve` on a free port. Returns its URL when it is ready. */
export async function startServe(
  args: readonly string[] = ['--port', '0'],
  env: NodeJS.ProcessEnv = {},
): Promise<RunningCommand & { readonly url: string }> {
  const running = startCommand(['serve', ...args], env);
  const line = await running.stdout.until(/ready \S+\n/).catch(async (error: unknown) => {
    throw new Error(`memstore serve exited before it was ready: ${(await running.ended).stderr}`, {
      cause: error,
    });
  });
  return Object.assign(running, { url: line.trim().replace('ready ', '') });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

/** A server in its own process. */
export interface Served {
  readonly name: string;
  readonly port: number;
  /** Returns the CPU time of the server in microseconds, or NaN if the system does not provide it. */
  cpuUs(): number;
  stop(): Promise<void>;
}

/** The usual unit of CPU times in /proc. */
const TICK_US = 10_000;

export async function startRedis(): Promise<Served> {
  const port = await freePort();
  const settings = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  await firstOutput(child, 'Ready to accept connections');
  return served('redis-server', port, child);
}

/** Runs a file of this folder in a new process. The file must print its port. */
export async function startNode(name: string, file: string, args: readonly string[] = []): Promise<Served> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return served(name, Number(await firstOutput(child, '\n')), child);
}

function served(name: string, port: number, child: ChildProcess): Served {
  return {
    name,
    port,
    cpuUs() {
      try {
        const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
        return (Number(fields[11]) + Number(fields[12])) * TICK_US;
      } catch {
        return Number.NaN;
      }
    },
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

function firstOutput(child: ChildProcess, mark: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.on('error', reject);
    child.on('exit', (code) =>
      reject(new Error(`The server exited with status ${code} before it was ready: ${output}`)),
    );
    child.stdout?.on('data', (text: Buffer) => {
      output += text;
      if (output.includes(mark)) resolve(output);
    });
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('No free port was found on 127.0.0.1.');
}

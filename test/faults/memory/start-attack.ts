import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What an attack is told. */
export interface AttackOrder {
  readonly name: string;
  readonly port: number;
  /** The heap of the server, in bytes. */
  readonly heapBytes: number;
  /** How long the attackers stay, in milliseconds. */
  readonly leastMs: number;
}

/** How the server answered: the codes of its errors, and how many connections it cut. */
export interface AttackResult {
  readonly codes: readonly string[];
  readonly cut: number;
}

/** Runs an attack in a process of its own, so that it takes no time from the client beside it. */
export async function startAttack(order: AttackOrder): Promise<AttackResult> {
  const path = fileURLToPath(new URL('attack-process.ts', import.meta.url));
  const child = fork(path, [JSON.stringify(order)], { execArgv: ['--import', 'tsx'] });
  const exited = once(child, 'exit');
  const [result] = (await once(child, 'message')) as [AttackResult];
  await exited;
  return result;
}

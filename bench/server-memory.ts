// Measures a server with a small heap while one client tries to fill that heap: the memory of the server, and
// the reply times of a second client.
//   npm run build && npx tsx bench/server-memory.ts [cli.js] [heap in MB] [part of a name]
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, MemStoreError } from 'memstore-tx';
import { attacks } from '../test/proof/faults/memory/attacks.ts';
import { RunningAttack } from '../test/proof/faults/memory/start-attack.ts';
import { quantile } from './scale/quantile.ts';

const [, , command = 'dist/cli.js', heapText = '512', wanted = ''] = process.argv;
const MIB = 1024 ** 2;
const heapMb = Number(heapText);
const ATTACK_MS = 8_000;

/** A server in its own process. */
interface Served {
  readonly child: ChildProcess;
  readonly port: number;
  ended: string | undefined;
}

async function start(): Promise<Served> {
  const maxMemory = `${Math.floor(heapMb * 0.4)}mb`;
  const serve = ['serve', '--port', '0', '--log', 'json', '--verbose', '--max-memory', maxMemory];
  const child = spawn(process.execPath, [`--max-old-space-size=${heapMb}`, command, ...serve], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  const served: Served = { child, port: 0, ended: undefined };
  child.stderr?.on('data', (text: Buffer) => {
    log += text;
  });
  child.on('exit', (code, signal) => {
    served.ended = /heap out of memory/.test(log) ? 'out of memory' : (signal ?? `status ${code}`);
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.on('exit', () => reject(new Error(log)));
    child.stdout?.on('data', (text: Buffer) => {
      const [, found] = /:(\d+)\s/.exec(String(text)) ?? [];
      if (found !== undefined) resolve(Number(found));
    });
  });
  return Object.assign(served, { port });
}

function peakRssMb(pid: number | undefined): number {
  try {
    return (
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024
    );
  } catch {
    return Number.NaN;
  }
}

/** Lets a second client increment a number until the attack ends, and returns a row of the table. */
async function measure(
  served: Served,
  attack: RunningAttack,
  isOver: () => boolean,
): Promise<Record<string, unknown>> {
  const store = await connect<Record<string, number>>({ port: served.port, reconnectTimeout: 1 });
  const times: number[] = [];
  const failed = new Map<string, number>();
  let heap = 0;
  let rss = 0;
  for (let round = 0; !isOver() && served.ended === undefined; round++) {
    const began = performance.now();
    try {
      await store.transaction(async (tx) => {
        await tx.put('other', ((await tx.get('other')) ?? 0) + 1);
      });
      await store.get('other');
      times.push(performance.now() - began);
      attack.noteAnswer();
    } catch (error) {
      const code = error instanceof MemStoreError ? error.code : String(error);
      failed.set(code, (failed.get(code) ?? 0) + 1);
    }
    if (round % 20 === 0) {
      const info = await store.info().catch(() => undefined);
      heap = Math.max(heap, Number(info?.['used_memory'] ?? 0) / MIB);
      rss = Math.max(rss, peakRssMb(served.child.pid));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await store.close().catch(() => {});
  const at = (share: number): string => quantile(times, share).toFixed(1);
  return {
    heap: heap.toFixed(0),
    rss: rss.toFixed(0),
    answers: times.length,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    failed: [...failed].map(([code, count]) => `${count} ${code}`).join(', '),
  };
}

console.log(
  '| attack | server | heap MB | RSS MB | second client: answers | p50 ms | p99 | max | failed | attacker |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const attack of attacks) {
  if (!attack.name.includes(wanted)) continue;
  const served = await start();
  let isOver = false;
  const running = new RunningAttack({ name: attack.name, port: served.port, heapBytes: heapMb * MIB });
  const second = measure(served, running, () => isOver);
  await delay(ATTACK_MS);
  const told = (await running.stop()) ?? { codes: [], cut: 0 };
  isOver = true;
  const { heap, rss, answers, p50, p99, max, failed } = await second;
  const end = served.ended ?? 'lives';
  console.log(
    `| ${attack.name} | ${end} | ${heap} | ${rss} | ${answers} | ${p50} | ${p99} | ${max} | ${failed} | ` +
      `${told.codes.join(', ')}${told.cut > 0 ? ` ${told.cut} cut` : ''} |`,
  );
  served.child.kill('SIGKILL');
}

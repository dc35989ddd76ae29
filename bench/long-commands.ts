// Measures the reply times of one client while another client runs a long command:
//   npm run build && npx tsx bench/long-commands.ts [rounds] [part of a case's name] [dist of another build]
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { quantile } from './scale/quantile.ts';
import { RawClient, request } from './server/raw-client.ts';
import { type Served, startNode, startRedis } from './server/served.ts';

const KEYS = 100_000;
const WRITES = 1_000_000;
/** The number of entries per request while a transaction is filled. */
const PER_REQUEST = 10_000;
const LIMITS = { maxArguments: 4 * KEYS, maxReplyBytes: 1024 ** 3, maxPipeline: 2 * KEYS };

/** One long command to measure, with a script for each server. */
interface Case {
  readonly name: string;
  readonly memstore: Script;
  /** Undefined if Redis has no such command. */
  readonly redis: Script | undefined;
}

/** Prepares the server without measuring it, and returns the command to measure. */
type Script = (client: RawClient) => Promise<Run>;
/** Runs the measured command. Resolves with the reply to its last request, if any. */
type Run = () => Promise<unknown>;

interface Sample {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly commandMs: number;
}

const keyOf = (index: number): string => `key:${String(index).padStart(9, '0')}`;
// Scattered over the key space, so that neighbours in a request are not neighbours in key order.
const indexes = Array.from({ length: KEYS }, (_, i) => (i * 7_919) % KEYS);
const names = indexes.map(keyOf);
const pairs = names.flatMap((name) => [name, 'value']);
const mset = request(['MSET', ...pairs]);

async function fill(client: RawClient): Promise<void> {
  await client.send(mset);
}

const text = (parts: readonly string[]): string => parts.join('');
const chunks = Array.from({ length: WRITES / PER_REQUEST }, (_, chunk) =>
  Array.from({ length: PER_REQUEST }, (_, i) => keyOf((chunk * PER_REQUEST + i) * 7 + 1_000_000)),
);
const filling = (id: string): string[] =>
  chunks.map((keys) => request(['TX', id, 'MSET', ...keys.flatMap((key) => [key, 'value'])]));

/** Opens a transaction, writes `WRITES` keys in it and returns its id. */
async function writeMany(client: RawClient): Promise<string> {
  const id = (await client.send(request(['BEGIN']))).slice(1);
  for (const part of filling(id)) await client.send(part);
  return id;
}

/** Queues `WRITES` writes in redis-server. */
async function queueMany(client: RawClient): Promise<void> {
  await client.send(request(['MULTI']));
  for (const keys of chunks) await client.send(request(['MSET', ...keys.flatMap((key) => [key, 'value'])]));
}

const oneRequest = (name: string, requests: string, replies: number, isFilled: boolean): Case => {
  const script: Script = async (client) => {
    if (isFilled) await fill(client);
    return () => client.send(requests, replies);
  };
  return { name, memstore: script, redis: script };
};

const cases: readonly Case[] = [
  oneRequest('MSET of 10^5', mset, 1, false),
  oneRequest('DEL of 10^5', request(['DEL', ...names]), 1, true),
  oneRequest('10^5 DEL of one key, pipelined', text(names.map((name) => request(['DEL', name]))), KEYS, true),
  oneRequest('MGET of 10^5', request(['MGET', ...names]), 1, true),
  {
    name: 'COMMIT of 10^6 writes',
    memstore: async (client) => {
      const id = await writeMany(client);
      return () => client.send(request(['COMMIT', id]));
    },
    redis: async (client) => {
      await queueMany(client);
      return () => client.send(request(['EXEC']));
    },
  },
  {
    name: '10^6 writes of a transaction',
    memstore: async (client) => {
      const id = (await client.send(request(['BEGIN']))).slice(1);
      const parts = filling(id);
      return async () => {
        for (const part of parts) await client.send(part);
      };
    },
    redis: undefined,
  },
  {
    name: 'ROLLBACK of 10^6 writes',
    memstore: async (client) => {
      const id = await writeMany(client);
      return () => client.send(request(['ROLLBACK', id]));
    },
    redis: undefined,
  },
  {
    name: 'LOCKS of 10^6',
    memstore: async (client) => {
      await writeMany(client);
      return async () => {
        // An older build has no summary.
        const reply = await client.send(request(['LOCKS', 'SUMMARY']));
        return reply.startsWith('-') ? client.send(request(['LOCKS'])) : reply;
      };
    },
    redis: undefined,
  },
  {
    name: 'SHOWALL of 10^5',
    memstore: async (client) => {
      await fill(client);
      return () => client.send(request(['SHOWALL']));
    },
    redis: undefined,
  },
];

function startProbe(port: number): ChildProcess {
  const file = fileURLToPath(new URL('server/latency-probe.ts', import.meta.url));
  return fork(file, [String(port)], { execArgv: ['--import', 'tsx'], serialization: 'advanced' });
}

async function ask(probe: ChildProcess, message: string): Promise<unknown> {
  const answer = once(probe, 'message');
  probe.send(message);
  return (await answer)[0];
}

/** Takes one sample on a new server, so that no case finds entries of another case. */
async function measure(start: () => Promise<Served>, script: Script): Promise<Sample> {
  const server = await start();
  const client = await RawClient.connect(server.port);
  const probe = startProbe(server.port);
  try {
    const run = await script(client);
    await ask(probe, 'start');
    const startMs = performance.now();
    const last = await run();
    const commandMs = performance.now() - startMs;
    const latencies = (await ask(probe, 'stop')) as number[];
    if (typeof last === 'string' && last.startsWith('-')) throw new Error(last);
    return {
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      max: quantile(latencies, 1),
      commandMs,
    };
  } finally {
    probe.disconnect();
    client.close();
    await server.stop();
  }
}

const [rounds = '3', wanted = '', other] = process.argv.slice(2);
const builds: [name: string, folder: string][] = [
  ['memstore', fileURLToPath(new URL('../dist', import.meta.url))],
];
if (other !== undefined) builds.unshift(['other', other]);

console.log(`Node ${process.version}; milliseconds, medians of ${rounds} alternating rounds\n`);
console.log('| command | server | p50 of GET | p99 | max | the command itself |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const each of cases.filter(({ name }) => name.includes(wanted))) {
  const contenders: [name: string, start: () => Promise<Served>, script: Script][] = builds.map(
    ([name, folder]) => [
      name,
      () => startNode(name, 'dist-server.js', [folder, JSON.stringify(LIMITS)]),
      each.memstore,
    ],
  );
  if (each.redis !== undefined) contenders.push(['redis-server', startRedis, each.redis]);
  const taken = contenders.map((): Sample[] => []);
  for (let round = 0; round < Number(rounds); round++)
    for (const [index, [, start, script]] of contenders.entries())
      taken[index]?.push(await measure(start, script));
  for (const [index, [name]] of contenders.entries()) {
    const shown = (['p50', 'p99', 'max', 'commandMs'] as const).map((part) =>
      quantile(
        (taken[index] ?? []).map((sample) => sample[part]),
        0.5,
      ).toFixed(part === 'p50' ? 2 : 1),
    );
    console.log(`| ${each.name} | ${name} | ${shown.join(' | ')} |`);
  }
}

// Compares the built server with redis-server, in alternating rounds: npm run build, and then
// npx tsx --tsconfig bench/server/tsconfig.json bench/server.ts [rounds] [part of a case's name]
import { memStoreIncrements, redisIncrements } from './server/interactive.ts';
import { type RedisBenchmarkOptions, redisBenchmark } from './server/redis-benchmark.ts';
import { memStoreAwaitedScript, memStoreScript, redisScript, scripted } from './server/scripted.ts';
import { type Served, startNode, startRedis } from './server/served.ts';

/** One measured case. */
interface Case {
  readonly name: string;
  /** The number of operations per round and server. */
  readonly operations: number;
  /** Returns the operations per second, for each server that the case measures. */
  readonly run: Readonly<Partial<Record<Name, (port: number, operations: number) => Promise<number>>>>;
}

type Name = 'redis' | 'memstore' | 'floor';

interface Sample {
  readonly perSecond: number;
  readonly cpuUs: number;
}

const [rounds = 5, wanted = ''] = [Number(process.argv[2] ?? 5), process.argv[3]];
const servers: Readonly<Record<Name, Served>> = {
  redis: await startRedis(),
  memstore: await startNode('memstore', 'memstore.ts'),
  floor: await startNode('floor', 'floor.ts'),
};

function benchmark(options: RedisBenchmarkOptions, operations: number): Case {
  const { test, keys, pipeline } = options;
  const run = (port: number, requests: number) => redisBenchmark(port, options, requests);
  const kept = keys === 1 ? 'one key' : `${keys.toLocaleString('en')} keys`;
  return {
    name: `redis-benchmark ${test.toUpperCase()}, ${kept}, 50 clients, -P ${pipeline}`,
    operations,
    run: { redis: run, memstore: run, floor: run },
  };
}

function transactions(name: string, script: typeof redisScript, width: number, operations: number): Case {
  return {
    name: `${name} by script, 50 clients, ${width} concurrent`,
    operations,
    run: {
      redis: (port, count) => scripted(port, redisScript, width, count),
      memstore: (port, count) => scripted(port, script, width, count),
    },
  };
}

function increments(name: string, clients: number, hotKeys: number | undefined, operations: number): Case {
  const contention = { clients, hotKeys };
  return {
    name: `increments from Node, ${clients} clients, ${name}`,
    operations,
    run: {
      redis: (port, count) => redisIncrements(port, contention, count),
      memstore: (port, count) => memStoreIncrements(port, contention, count),
    },
  };
}

const cases: readonly Case[] = [
  ...[1, 100_000].flatMap((keys) => [
    benchmark({ test: 'get', keys, pipeline: 1 }, 50_000),
    benchmark({ test: 'set', keys, pipeline: 1 }, 50_000),
    benchmark({ test: 'get', keys, pipeline: 16 }, 400_000),
    benchmark({ test: 'set', keys, pipeline: 16 }, 400_000),
  ]),
  transactions('BEGIN/PUT/COMMIT', memStoreScript, 1, 20_000),
  transactions('BEGIN/PUT/COMMIT', memStoreScript, 16, 100_000),
  transactions('BEGIN, then PUT/COMMIT,', memStoreAwaitedScript, 1, 20_000),
  transactions('BEGIN, then PUT/COMMIT,', memStoreAwaitedScript, 16, 100_000),
  increments('each a key of its own', 1, undefined, 5_000),
  increments('each a key of its own', 32, undefined, 20_000),
  increments('4 hot keys', 32, 4, 10_000),
];

const samples = new Map<Case, Partial<Record<Name, Sample[]>>>();
const chosen = cases.filter(({ name }) => name.includes(wanted ?? ''));
for (let round = 0; round < rounds; round++)
  for (const each of chosen) {
    const taken = samples.get(each) ?? {};
    samples.set(each, taken);
    for (const [name, run] of Object.entries(each.run) as [Name, NonNullable<Case['run'][Name]>][]) {
      const server = servers[name];
      const before = server.cpuUs();
      const perSecond = await run(server.port, each.operations);
      const sample = { perSecond, cpuUs: (server.cpuUs() - before) / each.operations };
      taken[name] = [...(taken[name] ?? []), sample];
    }
  }
await Promise.all(Object.values(servers).map((server) => server.stop()));

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const shown = (all: readonly Sample[] | undefined): string =>
  all === undefined
    ? '|'
    : `${Math.round(median(all.map(({ perSecond }) => perSecond))).toLocaleString('en')} | ${median(all.map(({ cpuUs }) => cpuUs)).toFixed(1)}`;

console.log(
  `Node ${process.version}, medians of ${rounds} alternating rounds; CPU time of the server in microseconds\n`,
);
console.log('| case | redis/s | us | memstore/s | us | ratio (lowest to highest) | bare Node/s | us |');
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const { name } of chosen) {
  const taken = samples.get(chosen.find((each) => each.name === name) as Case) ?? {};
  const ratios = (taken.memstore ?? []).map(
    ({ perSecond }, i) => perSecond / (taken.redis?.[i]?.perSecond ?? Number.NaN),
  );
  const [lowest, highest] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2));
  console.log(
    `| ${name} | ${shown(taken.redis)} | ${shown(taken.memstore)} | ${median(ratios).toFixed(2)} (${lowest} to ${highest}) | ${shown(taken.floor)} |`,
  );
}

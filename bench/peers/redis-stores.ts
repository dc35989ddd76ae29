import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { type Contender, type Session, Skipped } from './contender.ts';
import { sumOf } from './sum-of.ts';

/** Starts a Redis server on a free port, without persistence. */
async function startRedis(): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  probe.close();
  await once(probe, 'close');
  const settings = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'];
  const server: ChildProcess = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'ignore'] });
  const started = new Promise<void>((resolve, reject) => {
    server.once('error', () => reject(new Skipped('redis-server is not installed here')));
    server.stdout?.on('data', (text: Buffer) => {
      if (text.includes('Ready to accept connections')) resolve();
    });
  });
  await started;
  return {
    port,
    async stop() {
      server.kill();
      await once(server, 'exit');
    },
  };
}

interface Connected {
  readonly redis: Redis;
  /** Returns a connection for exclusive use, because WATCH belongs to a connection. */
  readonly take: () => Redis;
  readonly giveBack: (redis: Redis) => void;
}

type Update = (
  connected: Connected,
  keys: readonly string[],
  writes: number,
  work: (() => Promise<void>) | undefined,
) => Promise<number>;

const numbers = (values: readonly (string | null)[]): number[] => values.map((value) => Number(value ?? 0));

function redisStore(
  name: string,
  promises: string,
  abilities: Contender['abilities'],
  update: Update,
): Contender {
  return {
    name,
    promises,
    abilities,
    inFlight: 1,
    operations: 200,
    async open(keys) {
      const server = await startRedis();
      const connections: Redis[] = [];
      const idle: Redis[] = [];
      const connect = (): Redis => {
        const redis = new Redis(server.port, '127.0.0.1');
        connections.push(redis);
        return redis;
      };
      const connected: Connected = {
        redis: connect(),
        take: () => idle.pop() ?? connect(),
        giveBack: (redis) => void idle.push(redis),
      };
      await fill(connected.redis, keys);
      return sessionOf(connected, keys, update, async () => {
        for (const redis of connections) redis.disconnect();
        await server.stop();
      });
    },
  };
}

async function fill(redis: Redis, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += 10_000) {
    await redis.mset(keys.slice(start, start + 10_000).flatMap((key) => [key, '0']));
  }
}

function sessionOf(
  connected: Connected,
  keys: readonly string[],
  update: Update,
  close: () => Promise<void>,
): Session {
  const { redis } = connected;
  return {
    increment: (key) => update(connected, [key], 1, undefined),
    update: (wanted, writes, work) => update(connected, wanted, writes, work),
    read: async (wanted) => sumOf(numbers(await redis.mget([...wanted]))),
    get: async (key) => Number((await redis.get(key)) ?? 0),
    put: async (key, value) => void (await redis.set(key, value)),
    scan: undefined,
    async total() {
      let sum = 0;
      for (let start = 0; start < keys.length; start += 10_000)
        sum += sumOf(numbers(await redis.mget(keys.slice(start, start + 10_000))));
      return sum;
    },
    close,
  };
}

/** Watches the keys that it reads, and repeats the transaction if another client has changed one of them. */
const watchLoop: Update = async ({ take, giveBack }, keys, writes, work) => {
  const redis = take();
  try {
    for (;;) {
      await redis.watch([...keys]);
      const values = numbers(await redis.mget([...keys]));
      if (work !== undefined) await work();
      const multi = redis.multi();
      for (let index = 0; index < writes; index++) multi.set(keys[index] ?? '', (values[index] ?? 0) + 1);
      if ((await multi.exec()) !== null) return sumOf(values);
    }
  } finally {
    giveBack(redis);
  }
};

const SCRIPT = `
local sum = 0
local writes = tonumber(ARGV[1])
for index, key in ipairs(KEYS) do
  local value = tonumber(redis.call('GET', key) or '0')
  sum = sum + value
  if index <= writes then redis.call('SET', key, value + 1) end
end
return sum`;

/** Runs the transaction in the server, where it cannot await other work. */
const luaScript: Update = async ({ redis }, keys, writes) =>
  Number(await redis.eval(SCRIPT, keys.length, ...keys, writes));

export const redisStores: readonly Contender[] = [
  redisStore('Redis, WATCH/MULTI', 'serializable, optimistic', ['asynchronous work', 'snapshots'], watchLoop),
  redisStore('Redis, a Lua script', 'serializable, one at a time', ['snapshots'], luaScript),
];

import { Redis as Redis6 } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import * as nodeRedis6 from 'redis';
import * as nodeRedis4 from 'redis4';

/** The time to live of a put. */
export interface Life {
  readonly seconds?: number;
  readonly milliseconds?: number;
}

/** The address that a client connects to, and the credentials it sends. */
export interface Target {
  readonly port?: number;
  readonly path?: string;
  readonly password?: string;
  readonly name?: string;
  /** The number of the database that the client selects. */
  readonly database?: number;
  /** Whether the client reconnects when the connection is lost. */
  readonly reconnects?: boolean;
}

/** A third-party Redis client behind a common interface. Each method calls a method of that client. */
export interface ForeignClient {
  set(key: string, value: string | Buffer, life?: Life): Promise<unknown>;
  get(key: string): Promise<string | null>;
  getBytes(key: string): Promise<Buffer | null>;
  mget(keys: string[]): Promise<(string | null)[]>;
  del(keys: string[]): Promise<number>;
  /** Sends a command for which the client has no method. */
  call(...words: string[]): Promise<unknown>;
  /** Sends many commands in one pipeline. A failed command has its error in the results. */
  pipeline(commands: string[][]): Promise<unknown[]>;
  /** Runs the client's own `MULTI`, which sends all commands and `EXEC` in one write. */
  multi(commands: [verb: string, ...words: string[]][]): Promise<unknown>;
  watch(key: string): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  close(): Promise<unknown>;
}

const host = '127.0.0.1';
const RECONNECT_MS = 10;

async function openIoredis(
  Client: typeof Redis6 | typeof Redis5,
  { port, path, password, name, database, reconnects = false }: Target,
): Promise<ForeignClient> {
  const where = path === undefined ? { host, ...(port === undefined ? {} : { port }) } : { path };
  const redis = new (Client as typeof Redis6)({
    ...where,
    ...(password === undefined ? {} : { password }),
    ...(name === undefined ? {} : { connectionName: name }),
    ...(database === undefined ? {} : { db: database }),
    lazyConnect: true,
    retryStrategy: () => (reconnects ? RECONNECT_MS : null),
  });
  let lastError: Error | undefined;
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  await redis.connect().catch((error: Error) => {
    // The client reports the reason only in its error event.
    throw lastError ?? error;
  });
  return {
    set(key, value, { seconds, milliseconds } = {}) {
      if (seconds !== undefined) return redis.set(key, value, 'EX', seconds);
      return milliseconds === undefined ? redis.set(key, value) : redis.set(key, value, 'PX', milliseconds);
    },
    get: (key) => redis.get(key),
    getBytes: (key) => redis.getBuffer(key),
    mget: (keys) => redis.mget(keys),
    del: (keys) => redis.del(keys),
    call: (verb = '', ...words) => redis.call(verb, ...words),
    async pipeline(commands) {
      const calls = commands.map(([verb = '', ...words]) => ['call', verb, ...words]);
      const results = (await redis.pipeline(calls).exec()) ?? [];
      return results.map(([error, result]) => error ?? result);
    },
    async multi(commands) {
      const multi = redis.multi();
      for (const [verb, ...words] of commands) multi.call(verb, ...words);
      return multi.exec();
    },
    watch: (key) => redis.watch(key),
    subscribe: (channel) => redis.subscribe(channel),
    close: () => redis.quit(),
  };
}

/** The methods that both versions of node-redis share. */
interface NodeRedis {
  set(key: string, value: string | Buffer, options?: object): Promise<unknown>;
  get(key: string): Promise<string | null>;
  mGet(keys: string[]): Promise<(string | null)[]>;
  del(keys: string[]): Promise<number>;
  sendCommand(words: string[]): Promise<unknown>;
  multi(): { addCommand(words: string[]): unknown; exec(): Promise<unknown> };
  watch(key: string): Promise<unknown>;
  subscribe(channel: string, listener: () => void): Promise<unknown>;
}

function fromNodeRedis(
  client: NodeRedis,
  getBytes: ForeignClient['getBytes'],
  close: ForeignClient['close'],
): ForeignClient {
  return {
    set(key, value, { seconds, milliseconds } = {}) {
      if (seconds !== undefined) return client.set(key, value, { EX: seconds });
      return milliseconds === undefined
        ? client.set(key, value)
        : client.set(key, value, { PX: milliseconds });
    },
    get: (key) => client.get(key),
    getBytes,
    mget: (keys) => client.mGet(keys),
    del: (keys) => client.del(keys),
    call: (...words) => client.sendCommand(words),
    // node-redis sends all commands of one tick in one write.
    pipeline: async (commands) => {
      const results = await Promise.allSettled(commands.map((words) => client.sendCommand(words)));
      return results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason));
    },
    multi(commands) {
      const multi = client.multi();
      for (const words of commands) multi.addCommand(words);
      return multi.exec();
    },
    watch: (key) => client.watch(key),
    subscribe: (channel) => client.subscribe(channel, () => {}),
    close,
  };
}

function nodeRedisOptions({ port, path, password, name, database, reconnects = false }: Target): object {
  const reconnectStrategy = reconnects ? () => RECONNECT_MS : false;
  return {
    socket: path === undefined ? { host, port, reconnectStrategy } : { path, reconnectStrategy },
    ...(password === undefined ? {} : { password }),
    ...(name === undefined ? {} : { name }),
    ...(database === undefined ? {} : { database }),
  };
}

async function openNodeRedis6(target: Target, RESP: 2 | 3): Promise<ForeignClient> {
  const client = nodeRedis6.createClient({ ...nodeRedisOptions(target), RESP });
  client.on('error', () => {});
  await client.connect();
  const bytes = client.withTypeMapping({ [nodeRedis6.RESP_TYPES.BLOB_STRING]: Buffer });
  return fromNodeRedis(
    client as unknown as NodeRedis,
    (key) => bytes.get(key) as unknown as Promise<Buffer | null>,
    () => client.close(),
  );
}

async function openNodeRedis4(target: Target): Promise<ForeignClient> {
  const client = nodeRedis4.createClient(nodeRedisOptions(target));
  client.on('error', () => {});
  await client.connect();
  const options = nodeRedis4.commandOptions({ returnBuffers: true });
  return fromNodeRedis(
    client as unknown as NodeRedis,
    (key) => client.get(options, key),
    () => client.quit(),
  );
}

/** All tested clients. */
export const foreignClients: Readonly<Record<string, (target: Target) => Promise<ForeignClient>>> = {
  'ioredis 6': (target) => openIoredis(Redis6, target),
  'ioredis 5': (target) => openIoredis(Redis5, target),
  'node-redis 6, RESP 3': (target) => openNodeRedis6(target, 3),
  'node-redis 6, RESP 2': (target) => openNodeRedis6(target, 2),
  'node-redis 4': openNodeRedis4,
};

import { Redis } from 'ioredis';
import { connect } from 'memstore-tx';

/** The clients of a run and their keys: each client has its own key, or all share a few hot keys. */
export interface Contention {
  readonly clients: number;
  readonly hotKeys: number | undefined;
}

/**
 * Returns the committed increments per second. Each is a read and a write by a client with its own
 * connection.
 */
export type Interactive = (port: number, contention: Contention, increments: number) => Promise<number>;

const keyOf = (client: number, { hotKeys }: Contention, round: number): string =>
  hotKeys === undefined ? `own:${client}` : `hot:${(client + round) % hotKeys}`;

/** Runs the increments of all clients, and checks that none was lost. */
async function race(
  contention: Contention,
  increments: number,
  increment: (client: number, key: string) => Promise<void>,
  sum: () => Promise<number>,
): Promise<number> {
  const before = await sum();
  const each = Math.ceil(increments / contention.clients);
  const startMs = performance.now();
  await Promise.all(
    Array.from({ length: contention.clients }, async (_, client) => {
      for (let round = 0; round < each; round++) await increment(client, keyOf(client, contention, round));
    }),
  );
  const seconds = (performance.now() - startMs) / 1000;
  const done = (await sum()) - before;
  if (done !== each * contention.clients)
    throw new Error(
      `${each * contention.clients - done} of ${each * contention.clients} increments were lost.`,
    );
  return done / seconds;
}

const keysOf = (contention: Contention): string[] => [
  ...new Set(
    Array.from({ length: contention.clients }, (_, client) =>
      Array.from({ length: contention.hotKeys ?? 1 }, (_, round) => keyOf(client, contention, round)),
    ).flat(),
  ),
];

/** Increments with `transaction()`. Each client has its own connection. */
export const memStoreIncrements: Interactive = async (port, contention, increments) => {
  const stores = await Promise.all(Array.from({ length: contention.clients }, () => connect({ port })));
  const [first] = stores;
  const sum = async (): Promise<number> => {
    const values = (await first?.getMany(keysOf(contention))) ?? [];
    return values.reduce((total: number, value) => total + Number(value ?? 0), 0);
  };
  const increment = async (client: number, key: string): Promise<void> => {
    await stores[client]?.transaction(async (tx) => {
      await tx.put(key, Number((await tx.getForUpdate(key)) ?? 0) + 1);
    });
  };
  const perSecond = await race(contention, increments, increment, sum);
  await Promise.all(stores.map((store) => store.close()));
  return perSecond;
};

/**
 * Increments with WATCH and GET in one write, and MULTI, SET and EXEC in another. Repeats until no other
 * client has changed the key.
 */
export const redisIncrements: Interactive = async (port, contention, increments) => {
  const clients = Array.from({ length: contention.clients }, () => new Redis({ port }));
  // Connect before the measurement.
  await Promise.all(clients.map((client) => client.ping()));
  const [first] = clients;
  const sum = async (): Promise<number> => {
    const values = (await first?.mget(keysOf(contention))) ?? [];
    return values.reduce((total, value) => total + Number(value ?? 0), 0);
  };
  const increment = async (client: number, key: string): Promise<void> => {
    const redis = clients[client] as Redis;
    for (;;) {
      // One write is enough, because the server handles WATCH before GET.
      const read = await redis.pipeline().watch(key).get(key).exec();
      const value = read?.[1]?.[1];
      if (
        await redis
          .multi()
          .set(key, Number(value ?? 0) + 1)
          .exec()
      )
        return;
    }
  };
  const perSecond = await race(contention, increments, increment, sum);
  for (const redis of clients) redis.disconnect();
  return perSecond;
};

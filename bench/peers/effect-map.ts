import { Effect, Option, TxHashMap } from 'effect';
import type { Contender } from './contender.ts';
import { sumOf } from './sum-of.ts';

/**
 * Effect's transactional map. It is optimistic: a transaction runs again if something that it read has
 * changed.
 */
export const effectMap: Contender = {
  name: 'Effect TxHashMap',
  promises: 'serializable, optimistic; the whole map is one unit of conflict',
  abilities: ['asynchronous work', 'snapshots'],
  inFlight: 1,
  operations: 2_000,
  async open(keys) {
    const map = await Effect.runPromise(
      TxHashMap.fromIterable(keys.map((key): [string, number] => [key, 0])),
    );
    const value = (key: string): Effect.Effect<number, never, Effect.Transaction> =>
      Effect.map(
        TxHashMap.get(map, key),
        Option.getOrElse(() => 0),
      );
    return {
      increment: (key) =>
        Effect.runPromise(
          Effect.tx(
            Effect.gen(function* () {
              const read = yield* value(key);
              yield* TxHashMap.set(map, key, read + 1);
              return read;
            }),
          ),
        ),
      update: (wanted, writes, work) =>
        Effect.runPromise(
          Effect.tx(
            Effect.gen(function* () {
              const values: number[] = [];
              for (const key of wanted) values.push(yield* value(key));
              if (work !== undefined) yield* Effect.promise(work);
              for (let index = 0; index < writes; index++)
                yield* TxHashMap.set(map, wanted[index] ?? '', (values[index] ?? 0) + 1);
              return sumOf(values);
            }),
          ),
        ),
      read: (wanted) =>
        Effect.runPromise(
          Effect.tx(
            Effect.gen(function* () {
              let sum = 0;
              for (const key of wanted) sum += yield* value(key);
              return sum;
            }),
          ),
        ),
      get: (key) => Effect.runPromise(Effect.tx(value(key))),
      put: (key, next) => Effect.runPromise(TxHashMap.set(map, key, next)),
      scan: undefined,
      total: async () => sumOf(await Effect.runPromise(TxHashMap.values(map))),
      close: async () => {},
    };
  },
};

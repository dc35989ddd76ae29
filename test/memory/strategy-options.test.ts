import { lru, MemStore, mutexLocks, rangeShards, startServer } from 'memstore-tx';
import { EtcdStore } from 'memstore-tx/etcd';
import { lmdbJournal } from 'memstore-tx/lmdb';
import { cacheSuite, journalSuite, lockSuite, shardSuite, storeSuite } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';

const TESTS = { describe: () => {}, it: () => {} };

/** All functions with options, except the operations of a store. */
const CONSTRUCTORS: Readonly<Record<string, (options: never) => unknown>> = {
  MemStore: (options) => new MemStore(options),
  lru: (options) => lru(options),
  mutexLocks: (options) => mutexLocks(options),
  rangeShards: (options) => rangeShards(options),
  lmdbJournal: (options) => lmdbJournal(options),
  'EtcdStore.open': (options) => EtcdStore.open(options),
  startServer: (options) => startServer(new MemStore(), options),
  'limits of startServer': (limits) => startServer(new MemStore(), { limits }),
  storeSuite: (options) => storeSuite('any', () => new MemStore(), TESTS, options),
  lockSuite: (options) => lockSuite('any', mutexLocks, TESTS, options),
  cacheSuite: (options) => cacheSuite('any', () => lru({ max: 1 }), TESTS, options),
  shardSuite: (options) => shardSuite('any', () => rangeShards({ boundaries: [] }), TESTS, options),
  journalSuite: (options) => journalSuite('any', () => Promise.reject(new Error()), TESTS, options),
};

/** Returns the error that a call throws or rejects with. */
async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return error;
  }
}

describe.each(Object.entries(CONSTRUCTORS))('%s', (_name, construct) => {
  it('refuses an unknown option, and lists the known ones', async () => {
    const outcome = await outcomeOf(() => construct({ misspelt: 5 } as never));
    expect(outcome).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/^There is no option "(limits\.)?misspelt"; the known names are [a-z]/),
    });
  });

  it.each([[null], [[]], ['text'], [5]])('refuses %j as options', async (options) => {
    const outcome = await outcomeOf(() => construct(options as never));
    expect(outcome).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/must be an object/),
    });
  });
});

it('does not repeat a text that was passed as options, because it may contain a password', async () => {
  const outcome = await outcomeOf(() => EtcdStore.open('etcd://user:secret@host' as never));
  expect(String(outcome)).toMatch(/options must be an object, got a string/);
});

it('reads options of strategies and servers and hosts of a cluster by property access', async () => {
  class Options {
    get max(): number {
      return 1;
    }
  }
  const cache = lru(new Options()).create();
  cache.onWrite('a', 1);
  cache.onWrite('b', 1);
  expect(cache.isOverfull).toBe(true);
  class Limits {
    get maxConnections(): number {
      return -1;
    }
  }
  await expect(startServer(new MemStore(), { limits: new Limits() })).rejects.toMatchObject({
    message: expect.stringMatching(/^maxConnections must be/),
  });
  const hosts: string[] = [];
  hosts[1] = '127.0.0.1:2379';
  await expect(EtcdStore.open({ hosts })).rejects.toMatchObject({
    message: expect.stringMatching(/^hosts must be/),
  });
});

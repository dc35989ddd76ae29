import { createSecretKey, webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { BlockList, SocketAddress } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import fc from 'fast-check';
import { connect, MemStore, startServer } from 'memstore-tx';
import { EtcdStore } from 'memstore-tx/etcd';
import { lmdbJournal } from 'memstore-tx/lmdb';
import type { AnyStore } from 'memstore-tx/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { EtcdCluster, missingEtcd } from '../etcd/etcd-cluster.ts';
import { describeValue } from '../memory/values/describe-value.ts';
import { storableValues } from '../memory/values/storable-values.ts';
import { skipNote } from '../skip-note.ts';

const SEED = 20_261_130;
const VALUES = 600;

const cleanups: (() => unknown)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** The store of one backend, to put values into and to read them back from. */
interface Backend {
  readonly store: AnyStore;
  /** Returns a store that has reloaded everything from the storage of the backend. */
  reopen(): Promise<AnyStore>;
}

const backends: Readonly<Record<string, () => Promise<Backend>>> = {
  async memory() {
    const store = new MemStore<Record<string, unknown>>();
    return { store, reopen: async () => store };
  },
  async lmdb() {
    const path = mkdtempSync(join(tmpdir(), 'memstore-values-'));
    cleanups.push(() => rmSync(path, { recursive: true }));
    const open = (): MemStore<Record<string, unknown>> =>
      new MemStore({ journal: lmdbJournal({ path, durability: 'relaxed' }) });
    const store = open();
    const reopen = async (): Promise<AnyStore> => {
      await store.close();
      const reopened = open();
      cleanups.push(() => reopened.close());
      return reopened;
    };
    return { store, reopen };
  },
  async TCP() {
    const behind = new MemStore<Record<string, unknown>>();
    const server = await startServer(behind, { port: 0 });
    const store = await connect<Record<string, unknown>>({ port: server.port });
    cleanups.push(
      () => behind.close(),
      () => server.close(),
      () => store.close(),
    );
    return { store, reopen: async () => store };
  },
};

const clustered = async (): Promise<Backend> => {
  const cluster = await EtcdCluster.start(1);
  const store: AnyStore = await EtcdStore.open({ hosts: cluster.hosts, prefix: 'values' });
  cleanups.push(
    () => cluster.stop(),
    () => store.close(),
  );
  return { store, reopen: async () => store };
};

/**
 * Describes the clone that `structuredClone` makes. Returns `undefined` for some cyclic errors, which
 * `structuredClone` writes but cannot read.
 */
function expected(value: object): string | undefined {
  try {
    return describeValue(structuredClone(value));
  } catch {
    return undefined;
  }
}

/**
 * Puts many values, each under its own key, and compares the values that are read with their structured
 * clones.
 */
async function compare({ store, reopen }: Backend): Promise<void> {
  const values = fc.sample(storableValues, { numRuns: VALUES, seed: SEED });
  let refused = 0;
  for (const [index, value] of values.entries()) {
    const tx = await store.begin();
    const put = tx.put(`k${index}`, value);
    if (expected(value) === undefined) {
      refused++;
      await expect(put, name(index)).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    } else {
      await put;
      expect(describeValue(await tx.get(`k${index}`)), name(index)).toBe(expected(value));
    }
    await tx.commit();
  }
  expect(refused).toBeLessThan(VALUES / 10);
  const reopened = await reopen();
  for (const [index, value] of values.entries()) {
    const read = await reopened.get(`k${index}`);
    expect(read === undefined ? undefined : describeValue(read), name(index)).toBe(expected(value));
  }
}

function name(index: number): string {
  return `value ${index} of seed ${SEED}`;
}

describe('a stored value equals its structuredClone', () => {
  for (const [name, open] of Object.entries(backends)) it(name, async () => compare(await open()));

  it.skipIf(missingEtcd)(`etcd${skipNote(missingEtcd)}`, async () => compare(await clustered()), 120_000);
});

const platformObjects: readonly object[] = [
  new BlockList(),
  new SocketAddress({}),
  createHistogram(),
  monitorEventLoopDelay(),
  createSecretKey(Buffer.alloc(16)),
  await webcrypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']),
];

/** Puts each object, alone and within other values, and expects that none is stored. */
async function refuse({ store }: Backend): Promise<void> {
  for (const object of platformObjects) {
    const values = [
      object,
      { nested: [object] },
      Object.assign([1], { object }),
      new Error('e', { cause: object }),
    ];
    for (const value of [...values, new Map([[object, 1]]), new Set([object])])
      await expect(store.put('k', value)).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  }
  expect(await store.has('k')).toBe(false);
}

describe('objects of the platform are refused', () => {
  for (const [name, open] of Object.entries(backends)) it(name, async () => refuse(await open()));

  it.skipIf(missingEtcd)(`etcd${skipNote(missingEtcd)}`, async () => refuse(await clustered()), 120_000);
});

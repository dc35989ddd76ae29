import type { EtcdStoreOptions } from '../../etcd/index.ts';
import { type JournalStrategy, lru, MemStore, type Store } from '../../index.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { loadOptional, openOrFail } from '../open-or-fail.ts';
import { clusterOptions } from './cluster-options.ts';
import { logStore } from './log-store.ts';
import { memoryBounds } from './memory-bounds.ts';
import type { ServeFlags } from './serve-flags.ts';
import type { ServerLog } from './server-log.ts';
import { showLoading } from './show-loading.ts';

/**
 * Opens the store that the options describe, and waits until it is ready.
 * @throws {CliError}
 */
export async function openServedStore(
  flags: ServeFlags,
  log: ServerLog,
): Promise<Store<Record<string, unknown>>> {
  if (flags.unreadable !== undefined && flags.data === undefined)
    throw new CliError(
      '--unreadable needs --data, because only entries on disk can be unreadable.',
      exitCodes.usage,
    );
  const cluster = clusterOptions(flags);
  return openOrFail(cluster === undefined ? openMemStore(flags, log) : openEtcdStore(cluster));
}

async function openMemStore(flags: ServeFlags, log: ServerLog): Promise<MemStore> {
  const { data, unreadable, maxMemory, lockTimeout, idleTimeout, maxTransactions } = flags;
  const { maxBufferedBytes: _, ...bounds } = memoryBounds(flags);
  const store = new MemStore({
    ...bounds,
    lockTimeout,
    idleTimeout,
    maxActiveTransactions: maxTransactions,
    ...(maxMemory === undefined ? {} : { cache: lru({ maxSize: maxMemory }) }),
    ...(data === undefined ? {} : { journal: await journalOf(data, unreadable) }),
  });
  logStore(store, log, flags.verbose === true);
  if (data === undefined) return store;
  const stopShowing = showLoading(store, log);
  try {
    // This reads no keys, but waits until the journal is loaded.
    await store.getMany([]);
  } catch (error) {
    await store.close();
    throw error;
  } finally {
    stopShowing();
  }
  return store;
}

async function journalOf(path: string, unreadable: ServeFlags['unreadable']): Promise<JournalStrategy> {
  const { lmdbJournal } = await loadOptional('lmdb', () => import('../../journal/lmdb/index.ts'));
  return lmdbJournal({ path, unreadable });
}

async function openEtcdStore(options: EtcdStoreOptions): Promise<Store<Record<string, unknown>>> {
  const { EtcdStore } = await loadOptional('etcd3', () => import('../../etcd/index.ts'));
  return EtcdStore.open(options);
}

import { type LockStrategy, MemStore } from 'memstore-tx';
import { brokenLocks, FAULTS, RANGE_FAULTS } from '../schedules/broken-locks.ts';
import { type Backend, backendOf, type ClientTransaction, inProcess, type Numbers } from './backend.ts';
import { DirtyBackend } from './dirty-backend.ts';

const fault = (name: string): (() => Backend) => {
  const broken = FAULTS[name] ?? RANGE_FAULTS[name];
  if (broken === undefined) throw new Error(`The fault must be in FAULTS or RANGE_FAULTS, got ${name}.`);
  return () => inProcess(brokenLocks(broken));
};

export const withoutLocks: LockStrategy = brokenLocks(() => ({
  lock: () => undefined,
  tryLock: () => true,
  lockRange: () => undefined,
  tryLockRange: () => true,
}));

export type Weakness =
  | 'writes are not private'
  | 'no lock is taken'
  | 'a read takes no lock'
  | 'a range is not locked'
  | 'a read-only transaction is not a snapshot';

/** Stores with too weak isolation, by the reason for it. */
export const WEAK_BACKENDS: Readonly<Record<Weakness, () => Backend>> = {
  'writes are not private': () => new DirtyBackend(),
  'no lock is taken': () => inProcess(withoutLocks),
  'a read takes no lock': fault('a read takes no lock'),
  'a range is not locked': fault('a range is not locked'),
  'a read-only transaction is not a snapshot': withoutSnapshots,
};

/**
 * Returns a store whose read-only transactions see the committed state at each read instead of at their
 * begin.
 */
function withoutSnapshots(): Backend {
  const store = new MemStore<Numbers>();
  const backend = backendOf(store, store, () => store.close());
  return {
    ...backend,
    async begin(options): Promise<ClientTransaction> {
      const tx = await backend.begin(options);
      if (!options.readOnly) return tx;
      return {
        id: tx.id,
        status: 'committed',
        get: (key) => store.get(key),
        entries: () => store.entries(),
        put: (key, value) => tx.put(key, value),
        del: (key) => tx.del(key),
        commit: () => tx.commit(),
        rollback: () => tx.rollback(),
      };
    },
  };
}

import { MemStore, type MemStoreOptions } from 'memstore-tx';
import { type DirectStore, directOfferOf } from '../../src/contract/direct-operations.ts';

export interface OpenDirect {
  readonly store: MemStore;
  readonly direct: DirectStore;
}

/** Opens a store, and returns it with its direct form. */
export function openDirect(options: MemStoreOptions = {}): OpenDirect {
  const store = new MemStore(options);
  const direct = directOfferOf(store)?.operations;
  if (direct === undefined) throw new Error('the store has no direct form');
  return { store, direct };
}

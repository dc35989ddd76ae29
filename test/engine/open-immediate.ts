import { MemStore, type MemStoreOptions } from 'memstore-tx';
import { type ImmediateOperations, immediateOperationsOf } from '../../src/contract/direct-operations.ts';

export interface OpenImmediate {
  readonly store: MemStore;
  readonly immediate: ImmediateOperations;
}

/** A store, and what a server in front of it would use. */
export function openImmediate(options: MemStoreOptions = {}): OpenImmediate {
  const store = new MemStore(options);
  const immediate = immediateOperationsOf(store);
  if (immediate === undefined) throw new Error('the store offers no immediate operations');
  return { store, immediate };
}

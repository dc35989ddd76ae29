import { type DirectStore, directOfferOf } from '../contract/direct-operations.ts';
import { PromisedStore } from './promised-store.ts';
import type { ServedStore } from './served-store.ts';

/** The public method that each direct operation replaces. */
const METHODS: Readonly<Record<keyof DirectStore, Exclude<keyof ServedStore, symbol>>> = {
  get: 'get',
  getMany: 'getMany',
  has: 'has',
  countExisting: 'getMany',
  timeToLive: 'begin',
  put: 'put',
  putMany: 'putMany',
  del: 'del',
  delMany: 'begin',
  update: 'update',
  increment: 'increment',
  take: 'take',
  putIfAbsent: 'putIfAbsent',
  touch: 'touch',
  clear: 'clear',
  entries: 'entries',
  watch: 'watch',
  begin: 'begin',
  reserveIds: 'begin',
  lockRows: 'locks',
  longestWaitMs: 'locks',
};

/**
 * Returns the direct operations of a store, which skip promises where possible. If a subclass overrides a
 * method, the operations for it call that method instead.
 */
export function directStoreOf(store: ServedStore): DirectStore {
  const promised = new PromisedStore(store);
  const offer = directOfferOf(store);
  if (offer === undefined) return promised;
  const { operations, methods } = offer;
  const names = Object.keys(METHODS) as (keyof DirectStore)[];
  const isOverridden = (name: keyof DirectStore): boolean => store[METHODS[name]] !== methods[METHODS[name]];
  if (!names.some(isOverridden)) return operations;
  const mixed = names.map((name) => {
    const form: DirectStore = isOverridden(name) ? promised : operations;
    return [name, (form[name] as () => unknown).bind(form)];
  });
  return Object.fromEntries(mixed) as DirectStore;
}

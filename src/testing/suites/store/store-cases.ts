import type { Store } from '../../../contract/store.ts';
import type { Transaction } from '../../../contract/transaction.ts';

/** A store with any keys and values. */
export type AnyStore = Store<Record<string, unknown>>;

/** A transaction of that store. */
export type AnyTransaction = Transaction<Record<string, unknown>>;

/**
 * The cases of one group, by title. An implementation can skip a case by its title. Each case gets a new,
 * empty store, which the suite closes afterwards.
 */
export type StoreCases = Readonly<Record<string, (store: AnyStore) => Promise<void>>>;

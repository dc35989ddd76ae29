import type { Store } from '../../../contract/store.ts';
import type { Transaction } from '../../../contract/transaction.ts';

/** A store of any keys and values. */
export type AnyStore = Store<Record<string, unknown>>;

/** A transaction of that store. */
export type AnyTransaction = Transaction<Record<string, unknown>>;

/**
 * The cases of one group. The title of a case, which says what must hold, is also the id by which an
 * implementation skips it. Each case gets a new, empty store, which the suite closes afterwards.
 */
export type StoreCases = Readonly<Record<string, (store: AnyStore) => Promise<void>>>;

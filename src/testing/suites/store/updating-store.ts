import type { EntryIterator } from '../../../contract/entry-iterator.ts';
import type { PutOptions, RangeOptions } from '../../../contract/options.ts';
import type { ScannedEntry } from '../../../contract/schema.ts';
import type { Updates } from '../../../contract/updates.ts';
import type { AnyStore, StoreCases } from './store-cases.ts';

type Anything = Record<string, unknown>;

/** A store with the operations that some backends do not support yet. */
export interface UpdatingStore extends Omit<AnyStore, 'entries'>, Updates<Anything> {
  getOrPut(key: string, load: () => unknown, options?: PutOptions): Promise<unknown>;
  entries<const P extends string = string>(
    range?: Omit<RangeOptions<P>, 'forUpdate' | 'skipLocked'>,
  ): EntryIterator<ScannedEntry<Anything, P>>;
}

/** The cases of one group for such stores, by title. */
export type UpdatingCases = Readonly<Record<string, (store: UpdatingStore) => Promise<void>>>;

/** Wraps cases so that they pass on a store without these operations. */
export function whereOffered(cases: UpdatingCases): StoreCases {
  return Object.fromEntries(
    Object.entries(cases).map(([title, body]) => {
      const run = async (store: AnyStore): Promise<void> => {
        if ('update' in store) await body(store as unknown as UpdatingStore);
      };
      return [title, run];
    }),
  );
}

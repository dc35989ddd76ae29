import type { LockReport, LockSummary, StoreStats } from '../../index.ts';

/** The result of a command, independent of how it is displayed. */
export type Answer =
  | { readonly kind: 'ok' }
  | { readonly kind: 'begun'; readonly transactionId: number; readonly readOnly: boolean }
  /** The value is undefined if the key is absent. */
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'values'; readonly keys: readonly string[]; readonly values: readonly unknown[] }
  | {
      readonly kind: 'count';
      readonly of: 'deleted' | 'existing' | 'entries' | 'written';
      readonly count: number;
    }
  /** `ttlMs` is undefined if the entry never expires or the key does not exist. */
  | { readonly kind: 'ttl'; readonly ttlMs: number | undefined; readonly exists: boolean }
  | { readonly kind: 'savepoint'; readonly number: number }
  | { readonly kind: 'entries'; readonly rows: readonly EntryRow[]; readonly hasMore: boolean }
  | { readonly kind: 'everything'; readonly rows: readonly ShownRow[]; readonly hasMore: boolean }
  | { readonly kind: 'stats'; readonly stats: StoreStats }
  | { readonly kind: 'locks'; readonly report: LockReport }
  | { readonly kind: 'lock-summary'; readonly summary: LockSummary }
  | { readonly kind: 'info'; readonly info: Readonly<Record<string, string>> }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'help'; readonly commands: readonly HelpRow[] };

export type EntryRow = readonly [key: string, value: unknown];

/** An entry and the id of the transaction that holds its key exclusively. */
export type ShownRow = readonly [key: string, value: unknown, holder: number | undefined];

/** The usage and the summary of a command. */
export type HelpRow = readonly [usage: string, summary: string];

export const OK: Answer = { kind: 'ok' };

import type { RangeBounds } from './key-range.ts';
import type { KeyWithPrefix, ScannedEntry } from './schema.ts';

/** The reason why an entry changed. */
export type ChangeCause =
  /** A transaction put a value. */
  | 'put'
  /** A transaction changed the remaining TTL and not the value. On a cluster this is `put`. */
  | 'touch'
  /** A transaction deleted the entry. */
  | 'del'
  /** The TTL of the entry had run out. */
  | 'expire'
  /** The cache strategy removed the entry to make room. */
  | 'evict';

/** The values that changes carry: the new ones, the new and the previous ones, or none. */
export type ChangeValues = 'new' | 'both' | 'none';

/** `all` gives one batch for each transaction. `latest` merges the batches that are not yet read. */
export type FeedMode = 'all' | 'latest';

/** The reason why a feed has a gap. */
export type ResyncReason =
  /** The consumer was too slow: the feed had more changes than its buffer holds. */
  | 'overflow'
  /** The store no longer keeps the changes since the revision that was asked for. */
  | 'history'
  /** The connection was lost, and the changes of that time are not known. */
  | 'reconnect';

/** The range of a feed: the bounds of `entries`. */
export interface WatchRange<P extends string = string> extends RangeBounds {
  /**
   * Watches only keys that start with this prefix. A literal type narrows the types of the changes.
   * @default '': every key
   */
  readonly prefix?: P | undefined;
}

/** Options of `watch`. Each is read once, at the call. */
export interface WatchOptions {
  /**
   * Ends the feed: the pending and the next `next()` reject with `ABORTED`.
   * @default undefined: the feed ends with `return()` or with the store
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Starts with a snapshot of the range, and takes a new one after each `resync`. It excludes `since`.
   * @default false
   */
  readonly initial?: boolean | undefined;
  /**
   * Starts after this revision, which an earlier batch of the same store carried. A store keeps the changes
   * for it with `changes: { keep }`.
   * @default undefined: the revision at the first `next()`
   */
  readonly since?: string | undefined;
  /**
   * `all` gives one batch for each committed transaction. `latest` merges the batches that are not yet read
   * into one.
   * @default 'all'
   */
  readonly mode?: FeedMode | undefined;
  /**
   * The values that changes carry: `new`, `both` for the new and the previous ones, or `none`.
   * @default 'new'
   */
  readonly values?: ChangeValues | undefined;
  /**
   * The most changes that wait to be read. Beyond it the feed drops them and yields `resync`. In mode
   * `latest` it counts keys.
   * @default 10_000
   */
  readonly maxBuffered?: number | undefined;
  /**
   * The most estimated bytes of the changes that wait to be read. Beyond it the feed drops them and yields
   * `resync`.
   * @default 16_777_216: 16 MiB
   */
  readonly maxBufferedBytes?: number | undefined;
}

/** The change of one entry of the keys `K`, as a feed of one key or of a range yields it. */
export type KeyChange<S extends object, K extends string> = {
  [Q in K]: {
    /** The key of the entry. */
    readonly key: Q;
    /** The new value. Absent if the entry was removed, or with `values: 'none'`. */
    readonly value?: Q extends keyof S ? S[Q] : never;
    /** The value before the change, with `values: 'both'`. Absent if there was no entry. */
    readonly previous?: Q extends keyof S ? S[Q] : never;
    /** When the new entry expires, in milliseconds since the Unix epoch. Absent if it lives for ever. */
    readonly expiresAt?: number;
    /** The reason of the change. */
    readonly cause: ChangeCause;
  };
}[K];

/** The change of one entry below the prefix `P`, one alternative for each pattern of the schema. */
export type Change<S extends object, P extends string = string> = KeyChange<S, KeyWithPrefix<S, P>>;

/** The first batch of a feed without `initial`. Every later commit is delivered. */
interface StartBatch {
  readonly type: 'start';
  /** The state after which the commits follow. */
  readonly revision: string;
}

/** A part of the snapshot with which a feed with `initial` starts, in key order. */
interface SnapshotBatch<E> {
  readonly type: 'snapshot';
  /** The state that the snapshot shows. It is the same in all parts. */
  readonly revision: string;
  readonly entries: E[];
  /** True for the last part. Then the consumer deletes the entries that the snapshot lacks. */
  readonly last: boolean;
}

/** The net changes of one transaction in the range; in mode `latest` of all that were not yet read. */
interface CommitBatch<C> {
  readonly type: 'commit';
  /** The state after the transaction. */
  readonly revision: string;
  readonly changes: C[];
}

/** A gap: some changes up to the revision are lost. With `initial` a new snapshot follows. */
interface ResyncBatch {
  readonly type: 'resync';
  /** The state at the gap. The commits after it follow. */
  readonly revision: string;
  readonly reason: ResyncReason;
}

/**
 * One result of a feed over the range with the prefix `P`: `start` or `snapshot` first, then `commit` for
 * each transaction, and `resync` for a gap.
 *
 * A revision is an opaque string. It may be compared for equality, and given as `since` to the same store.
 * @example
 * function apply(copy: Map<string, unknown>, batch: ChangeBatch<Record<string, unknown>>): void {
 *   if (batch.type === 'snapshot') for (const [key, value] of batch.entries) copy.set(key, value);
 *   if (batch.type !== 'commit') return;
 *   for (const { key, value } of batch.changes) {
 *     if (value === undefined) copy.delete(key);
 *     else copy.set(key, value);
 *   }
 * }
 */
export type ChangeBatch<S extends object, P extends string = string> =
  | StartBatch
  | SnapshotBatch<ScannedEntry<S, P>>
  | CommitBatch<Change<S, P>>
  | ResyncBatch;

/** One result of a feed over a single key. See `ChangeBatch`. */
export type KeyChangeBatch<S extends object, K extends string> =
  | StartBatch
  | SnapshotBatch<[key: K, value: K extends keyof S ? S[K] : never]>
  | CommitBatch<KeyChange<S, K>>
  | ResyncBatch;

import type { RangeBounds } from './key-range.ts';
import type { KeyWithPrefix, ScannedEntry } from './schema.ts';

/** The reason why an entry changed. */
export type ChangeCause =
  /** A transaction put a value. */
  | 'put'
  /** A transaction changed the TTL but not the value. On a cluster, this is reported as `put`. */
  | 'touch'
  /** A transaction deleted the entry. */
  | 'del'
  /** The TTL of the entry ran out. */
  | 'expire'
  /** The cache strategy removed the entry to make room. */
  | 'evict';

/** The values in a change: the new value, the new and the previous value, or none. */
export type ChangeValues = 'new' | 'both' | 'none';

/** `all` yields one batch per transaction. `latest` merges the batches that were not read yet. */
export type FeedMode = 'all' | 'latest';

/** The reason why a feed has a gap. */
export type ResyncReason =
  /** The consumer was too slow, so the buffer of the feed overflowed. */
  | 'overflow'
  /** The store no longer keeps the changes since the requested revision. */
  | 'history'
  /** The connection was lost. The changes during that time are unknown. */
  | 'reconnect';

/** The range of a feed. The bounds are those of `entries`. */
export interface WatchRange<P extends string = string> extends RangeBounds {
  /**
   * Watches only keys that start with this prefix. A literal type narrows the types of the changes.
   * @default '': every key
   */
  readonly prefix?: P | undefined;
}

/** Options of `watch`. Each option is read once, when `watch` is called. */
export interface WatchOptions {
  /**
   * Ends the feed. Pending and later calls of `next()` reject with `ABORTED`.
   * @default undefined: the feed ends when `return()` is called or the store is closed
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Starts with a snapshot of the range, and takes a new one after each `resync`. It cannot be combined with
   * `since`.
   * @default false
   */
  readonly initial?: boolean | undefined;
  /**
   * Starts after this revision, taken from an earlier batch of the same store. The store option `changes: {
   * keep }` makes the store keep the changes for this.
   * @default undefined: the revision at the first `next()`
   */
  readonly since?: string | undefined;
  /**
   * `all` yields one batch per committed transaction. `latest` merges the batches that were not read yet into
   * one.
   * @default 'all'
   */
  readonly mode?: FeedMode | undefined;
  /**
   * The values in each change: `new` for the new value, `both` for the new and the previous value, or `none`.
   * @default 'new'
   */
  readonly values?: ChangeValues | undefined;
  /**
   * The maximum number of buffered changes. If there are more, the feed drops them and yields `resync`. In
   * mode `latest`, each key counts once.
   * @default 10_000
   */
  readonly maxBuffered?: number | undefined;
  /**
   * The maximum size of the buffered changes, in estimated bytes. If there are more, the feed drops them and
   * yields `resync`.
   * @default 16_777_216: 16 MiB
   */
  readonly maxBufferedBytes?: number | undefined;
}

/** The change of one entry whose key is of type `K`. */
export type KeyChange<S extends object, K extends string> = {
  [Q in K]: {
    /** The key of the entry. */
    readonly key: Q;
    /** The new value. Absent if the entry was removed, or with `values: 'none'`. */
    readonly value?: Q extends keyof S ? S[Q] : never;
    /** The value before the change, with `values: 'both'`. Absent if there was no entry. */
    readonly previous?: Q extends keyof S ? S[Q] : never;
    /** The expiry time of the new entry, in milliseconds since the Unix epoch. Absent if it never expires. */
    readonly expiresAt?: number;
    /** The reason of the change. */
    readonly cause: ChangeCause;
  };
}[K];

/**
 * The change of one entry whose key starts with the prefix `P`. A union with one alternative for each pattern
 * of the schema.
 */
export type Change<S extends object, P extends string = string> = KeyChange<S, KeyWithPrefix<S, P>>;

/** The first batch of a feed without `initial`. The feed delivers every later commit. */
interface StartBatch {
  readonly type: 'start';
  /** The state at the start of the feed. The commits after it follow. */
  readonly revision: string;
}

/** A part of the initial snapshot of a feed with `initial`. Entries are in key order. */
interface SnapshotBatch<E> {
  readonly type: 'snapshot';
  /** The state that the snapshot shows. It is the same in all parts of a snapshot. */
  readonly revision: string;
  readonly entries: E[];
  /**
   * True for the last part. After it, the consumer deletes the entries that the snapshot does not contain.
   */
  readonly last: boolean;
}

/**
 * The net changes of one transaction in the range. In mode `latest`, the net changes of all transactions that
 * were not read yet.
 */
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
 * One batch of a feed over the keys with the prefix `P`. A feed yields `start` or `snapshot` first, then a
 * `commit` for each transaction, and a `resync` for each gap.
 *
 * A revision is an opaque string. Compare it only for equality, or pass it as `since` to the same store.
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

/** One batch of a feed, without the types of a schema. */
export type AnyBatch = ChangeBatch<Record<string, unknown>>;

/** One batch of a feed over a single key. See `ChangeBatch`. */
export type KeyChangeBatch<S extends object, K extends string> =
  | StartBatch
  | SnapshotBatch<[key: K, value: K extends keyof S ? S[K] : never]>
  | CommitBatch<KeyChange<S, K>>
  | ResyncBatch;

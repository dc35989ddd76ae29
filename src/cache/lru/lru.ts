import { checkOptions } from '../../arguments/check-options.ts';
import { checkTtl, finiteTtl } from '../../arguments/ttl.ts';
import { estimateSize } from '../../codecs/values/estimate-size.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type { Cache, CacheStrategy } from '../cache-strategy.ts';
import { RecencyAccount } from './recency-account.ts';

/** Options of {@link lru}. At least one of `max` and `maxSize` is required. */
export interface LruOptions {
  /**
   * The maximum number of entries, a positive integer.
   * @default no limit
   */
  readonly max?: number | undefined;
  /**
   * The maximum total size of the entries, in the unit of `sizeOf`: a positive integer up to 2^48. A put of a
   * single larger entry fails with `LIMIT_EXCEEDED`.
   * @default no limit
   */
  readonly maxSize?: number | undefined;
  /**
   * Returns the size of an entry, a positive integer. Requires `maxSize`. If the result is anything else, the
   * put fails with `INVALID_OPTION`.
   * @default an estimate of the bytes of heap for the key and the value
   */
  readonly sizeOf?: ((value: unknown, key: string) => number) | undefined;
  /**
   * The time to live of entries that are put without a `ttl`, in milliseconds. It is a positive number up to
   * `MAX_TTL_MS`, or `Infinity`. A put with `ttl: Infinity` overrides it.
   * @default Infinity: entries live until they are deleted or evicted
   */
  readonly ttl?: number | undefined;
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof LruOptions>(['max', 'maxSize', 'sizeOf', 'ttl']);

/**
 * The most entries that one exact list holds. Growing such a list blocks the event loop for only
 * milliseconds.
 */
const EXACT_ENTRIES = 65_536;
/** The number of partitions if only the size is limited, so that the number of entries is unknown. */
const DEFAULT_PARTITIONS = 256;
/** Enough for 67 million entries. More partitions would take too long to create and compare. */
const MAX_PARTITIONS = 1024;
/** Far below 2^53, so that the total stays exact even if locked entries keep the store above its limit. */
const GREATEST_MAX_SIZE = 2 ** 48;

/**
 * Returns a strategy that keeps the most recently used entries, so that the store is a transactional LRU
 * cache. If there are more than `max` entries, or their total size exceeds `maxSize`, the store evicts the
 * least recently used entries that no transaction has locked. Reads and writes both count as use.
 *
 * The order is exact if `max` or the number of entries is at most 65,536. In a larger store, the recency list
 * is partitioned by key hash, and the order is exact only within each partition.
 * @throws {MemStoreError} INVALID_OPTION
 * @example
 * const store = new MemStore({ cache: lru({ max: 10_000, ttl: 60_000 }) });
 * const bounded = new MemStore({ cache: lru({ maxSize: 64 * 1024 * 1024 }) }); // about 64 MiB of heap
 */
export function lru(options: LruOptions): CacheStrategy {
  checkOptions(options, OPTION_NAMES);
  const { max, maxSize, sizeOf, ttl } = options;
  if (max === undefined && maxSize === undefined)
    throw invalid('lru must have max, maxSize or both, got neither.');
  if (max !== undefined) checkPositiveInteger('max', max, Number.MAX_SAFE_INTEGER);
  if (maxSize !== undefined) checkPositiveInteger('maxSize', maxSize, GREATEST_MAX_SIZE);
  if (sizeOf !== undefined && typeof sizeOf !== 'function')
    throw invalid(`sizeOf must be a function, got ${typeof sizeOf}.`);
  if (sizeOf !== undefined && maxSize === undefined)
    throw invalid('sizeOf must be used together with maxSize, got no maxSize.');
  if (ttl !== undefined) checkTtl(ttl);
  return { name: 'lru', create: () => new LruAccount({ max, maxSize, sizeOf, ttl }) };
}

class LruAccount implements Cache {
  readonly defaultTtlMs: number | undefined;
  readonly #max: number;
  readonly #maxSize: number;
  /** Undefined if only the number of entries is limited. Then sizes are not measured. */
  readonly #measure: ((value: unknown, key: string) => number) | undefined;
  readonly #account: RecencyAccount;

  constructor(options: LruOptions) {
    this.defaultTtlMs = finiteTtl(options.ttl);
    this.#max = options.max ?? Number.POSITIVE_INFINITY;
    this.#maxSize = options.maxSize ?? Number.POSITIVE_INFINITY;
    this.#measure = options.maxSize === undefined ? undefined : (options.sizeOf ?? estimateSize);
    const divideAt = this.#max > EXACT_ENTRIES ? EXACT_ENTRIES : Number.POSITIVE_INFINITY;
    this.#account = new RecencyAccount(divideAt, partitionsFor(this.#max));
  }

  get isOverfull(): boolean {
    return this.#account.entries > this.#max || this.totalSize > this.#maxSize;
  }

  get entries(): number {
    return this.#account.entries;
  }

  get totalSize(): number {
    return this.#measure === undefined ? 0 : this.#account.totalSize;
  }

  sizeOf(key: string, value: unknown): number {
    if (this.#measure === undefined) return 1;
    const size = this.#measure(value, key);
    if (!Number.isSafeInteger(size) || size < 1) {
      throw invalid(`sizeOf must return a positive integer, got ${String(size)}.`);
    }
    return size;
  }

  fits(size: number): boolean {
    return size <= this.#maxSize;
  }

  onRead(key: string): void {
    this.#account.touch(key);
  }

  onWrite(key: string, size: number): void {
    this.#account.set(key, size);
  }

  onRemove(key: string): void {
    this.#account.delete(key);
  }

  candidates(): Iterable<string> {
    return this.#account.leastRecentFirst();
  }
}

/** Returns a power of two: the number of partitions that keeps each of them near `EXACT_ENTRIES`. */
function partitionsFor(max: number): number {
  if (max === Number.POSITIVE_INFINITY) return DEFAULT_PARTITIONS;
  return Math.min(MAX_PARTITIONS, 2 ** Math.ceil(Math.log2(Math.max(2, max / EXACT_ENTRIES))));
}

function checkPositiveInteger(name: string, value: number, greatest: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= greatest) return;
  throw invalid(`${name} must be a positive integer up to ${greatest}, got ${String(value)}.`);
}

function invalid(message: string): MemStoreError {
  return new MemStoreError('INVALID_OPTION', message);
}

import { checkOptions } from '../../arguments/check.ts';
import { checkTtl, finiteTtl } from '../../arguments/ttl.ts';
import { estimateSize } from '../../codecs/values/estimate-size.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type { Cache, CacheStrategy } from '../cache-strategy.ts';
import { RecencyAccount } from './recency-account.ts';

/** Options of {@link lru}. At least one of `max` and `maxSize` has to be given. */
export interface LruOptions {
  /**
   * How many entries may stay; a positive integer.
   * @default no bound on their number
   */
  readonly max?: number | undefined;
  /**
   * The greatest sum of the sizes of the entries, in the unit of `sizeOf`; a positive integer up to 2^48. An
   * entry that is larger by itself is refused with `LIMIT_EXCEEDED`.
   * @default no bound on their size
   */
  readonly maxSize?: number | undefined;
  /**
   * Measures an entry; a positive integer. It needs `maxSize`. A put whose measure is anything else fails
   * with `INVALID_OPTION`.
   * @default an estimate of the bytes of heap that the key and the value take
   */
  readonly sizeOf?: ((value: unknown, key: string) => number) | undefined;
  /**
   * The time to live of an entry that is put without a `ttl` of its own, in milliseconds: a positive number
   * of at most `MAX_TTL_MS`, or `Infinity`. A put with `ttl: Infinity` overrides it.
   * @default Infinity: entries live until they are deleted or evicted
   */
  readonly ttl?: number | undefined;
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof LruOptions>(['max', 'maxSize', 'sizeOf', 'ttl']);

/**
 * Up to here one list with one exact order serves; growing it stops the event loop for milliseconds at most.
 */
const EXACT_ENTRIES = 65_536;
/** For a store that is bounded by size alone, so that the number of its entries is not known beforehand. */
const DEFAULT_PARTITIONS = 256;
/** 67 million entries at `EXACT_ENTRIES` each; more partitions would take long to create and to compare. */
const MAX_PARTITIONS = 1024;
/**
 * Far enough below 2^53 that no sum of sizes gets there while locked entries keep a store above its bound.
 */
const GREATEST_MAX_SIZE = 2 ** 48;

/**
 * Keeps the entries that were used last, which makes the store a transactional LRU cache: when there are
 * more than `max`, or their sizes add up to more than `maxSize`, the least recently used that no
 * transaction has locked are evicted. Reading and writing both count as use.
 *
 * The order is exact up to 65,536 entries, and whatever their number while `max` is no greater than that.
 * In a larger store the recency list is divided by key hash, and the order is exact within each part only.
 *
 * @throws MemStoreError `INVALID_OPTION`.
 */
export function lru(options: LruOptions): CacheStrategy {
  checkOptions(options, OPTION_NAMES);
  const { max, maxSize, sizeOf, ttl } = options;
  if (max === undefined && maxSize === undefined) throw invalid('lru needs max or maxSize');
  if (max !== undefined) checkPositiveInteger('max', max, Number.MAX_SAFE_INTEGER);
  if (maxSize !== undefined) checkPositiveInteger('maxSize', maxSize, GREATEST_MAX_SIZE);
  if (sizeOf !== undefined && typeof sizeOf !== 'function') throw invalid('sizeOf must be a function');
  if (sizeOf !== undefined && maxSize === undefined) throw invalid('sizeOf needs maxSize');
  if (ttl !== undefined) checkTtl(ttl);
  return { name: 'lru', create: () => new LruAccount({ max, maxSize, sizeOf, ttl }) };
}

class LruAccount implements Cache {
  readonly defaultTtlMs: number | undefined;
  readonly #max: number;
  readonly #maxSize: number;
  /** Undefined when only the number of entries is bounded, so that nothing is measured. */
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
      throw invalid(`sizeOf returned ${String(size)}, which is not a positive integer`);
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

/** A power of two that keeps each part near the size at which one list was divided. */
function partitionsFor(max: number): number {
  if (max === Number.POSITIVE_INFINITY) return DEFAULT_PARTITIONS;
  return Math.min(MAX_PARTITIONS, 2 ** Math.ceil(Math.log2(Math.max(2, max / EXACT_ENTRIES))));
}

function checkPositiveInteger(name: string, value: number, greatest: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= greatest) return;
  throw invalid(`${name} must be a positive integer up to ${greatest}, not ${String(value)}`);
}

function invalid(message: string): MemStoreError {
  return new MemStoreError('INVALID_OPTION', message);
}

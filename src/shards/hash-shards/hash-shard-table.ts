import { collectKeys, createKeyTree, type KeyTree } from '../../collections/key-tree.ts';
import { DEFAULT_SIZES, LinearHashMap, type LinearHashSizes } from '../../collections/linear-hash-map.ts';
import type { KeyRange } from '../../contract/key-range.ts';
import type { OrderedKeys, ShardHost, ShardTable } from '../shard-strategy.ts';

/** The longest slice of an index build, in milliseconds. After it, the build yields to the event loop. */
const SLICE_MS = 3;
/** The number of keys that are indexed between two reads of the clock. */
const KEYS_PER_LOOK = 16;

/**
 * A {@link LinearHashMap}, with an index of its keys in order. The index is built when it is first needed.
 */
export class HashShardTable implements ShardTable {
  readonly #host: ShardHost;
  readonly #map: LinearHashMap<unknown>;
  /** The index. During the build, it contains the keys indexed so far and the keys set since the start. */
  #tree: KeyTree<undefined> | undefined;
  #building: Promise<OrderedKeys> | undefined;
  #ordered: OrderedKeys | undefined;

  constructor(host: ShardHost, sizes: LinearHashSizes = DEFAULT_SIZES) {
    this.#host = host;
    this.#map = new LinearHashMap(sizes);
  }

  get size(): number {
    return this.#map.size;
  }

  get shardCount(): number {
    return this.#map.shardCount;
  }

  shardOf(key: string): number {
    return this.#map.shardOf(key);
  }

  get(key: string): unknown {
    return this.#map.get(key);
  }

  set(key: string, value: unknown): void {
    if (this.#map.set(key, value)) this.#tree?.set(key, undefined);
  }

  delete(key: string): boolean {
    if (!this.#map.delete(key)) return false;
    this.#tree?.delete(key);
    return true;
  }

  ordered(): OrderedKeys | Promise<OrderedKeys> {
    if (this.#ordered !== undefined) return this.#ordered;
    this.#building ??= this.#build().finally(() => {
      this.#building = undefined;
    });
    return this.#building;
  }

  async #build(): Promise<OrderedKeys> {
    const tree = createKeyTree<undefined>();
    this.#tree = tree;
    try {
      await this.#index(tree);
    } catch (error) {
      // The host has stopped the build. Drop the partial index, so that later writes need not maintain it.
      this.#tree = undefined;
      throw error;
    }
    this.#ordered = {
      keysIn(range: KeyRange, reverse: boolean, limit: number): string[] {
        const found: string[] = [];
        collectKeys(tree, range, reverse, limit, found);
        return found;
      },
    };
    return this.#ordered;
  }

  async #index(tree: KeyTree<undefined>): Promise<void> {
    const keys = this.#map.walk();
    let sliceEndMs = this.#host.monotonicMs() + SLICE_MS;
    for (let indexed = 1; ; indexed++) {
      const next = keys.next();
      if (next.done) return;
      tree.set(next.value, undefined);
      if (indexed % KEYS_PER_LOOK !== 0 || this.#host.monotonicMs() < sliceEndMs) continue;
      await this.#host.yieldTurn();
      sliceEndMs = this.#host.monotonicMs() + SLICE_MS;
    }
  }
}

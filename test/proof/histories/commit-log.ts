import type { MemStore, ShardStrategy, ShardTable } from 'memstore-tx';

/** One thing that changed the committed state, in the order in which they did. */
export interface Commit {
  /** The transaction, or why the store itself removed an entry. */
  readonly by: number | 'evicted' | 'expired';
  /** The moment at which listeners were told. */
  readonly toldAt: number;
  /** What was put under each key; undefined for what was deleted. */
  readonly writes: readonly (readonly [key: string, value: number | undefined])[];
}

/**
 * The truth that the recordings are held against: every change of the committed entries as it reaches the
 * shards, divided into commits by the events that the store tells. That each event fits the changes is a
 * check of its own: nothing changes that nobody is told of, and nobody is told of what does not change.
 */
export class CommitLog {
  readonly commits: Commit[] = [];
  readonly problems: string[] = [];
  readonly #tick: () => number;
  #installs: (readonly [key: string, value: number | undefined])[] = [];

  /** @param tick - a moment that differs from all others. */
  constructor(tick: () => number) {
    this.#tick = tick;
  }

  /** The same shards, watched. */
  watchShards(shards: ShardStrategy): ShardStrategy {
    return {
      name: shards.name,
      create: (host) => {
        const table = shards.create(host);
        const watched: ShardTable = {
          get size() {
            return table.size;
          },
          get shardCount() {
            return table.shardCount;
          },
          get: (key) => table.get(key),
          shardOf: (key) => table.shardOf(key),
          ordered: () => table.ordered(),
          set: (key, value) => {
            this.#installs.push([key, value as number]);
            table.set(key, value);
          },
          delete: (key) => {
            this.#installs.push([key, undefined]);
            return table.delete(key);
          },
        };
        return watched;
      },
    };
  }

  listenTo(store: MemStore<Record<string, number>>): void {
    store.on('commit', ({ transactionId, writes }) => {
      if (writes > 0) this.#add(transactionId, writes);
    });
    store.on('evict', ({ key }) => this.#addRemoval('evicted', key));
    store.on('expire', ({ key }) => this.#addRemoval('expired', key));
  }

  /** Every change has been told when this is empty. */
  get untold(): number {
    return this.#installs.length;
  }

  #addRemoval(by: 'evicted' | 'expired', key: string): void {
    const [install] = this.#installs;
    if (install?.[0] !== key || install[1] !== undefined) {
      this.problems.push(`${key} was told to be ${by} when ${JSON.stringify(install)} was to be told`);
    }
    this.#add(by, 1);
  }

  #add(by: Commit['by'], count: number): void {
    const writes = this.#installs.splice(0, count);
    if (writes.length < count) this.problems.push(`${by} told of ${count} writes, but made ${writes.length}`);
    this.commits.push({ by, toldAt: this.#tick(), writes });
  }
}

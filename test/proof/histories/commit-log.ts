import type { MemStore, ShardStrategy, ShardTable } from 'memstore-tx';

/** One change of the committed state. */
export interface Commit {
  /** The id of the transaction, or the reason for which the store removed an entry. */
  readonly by: number | 'evicted' | 'expired';
  /** The time of the event. */
  readonly toldAt: number;
  /** The new value of each key, or `undefined` for a delete. */
  readonly writes: readonly (readonly [key: string, value: number | undefined])[];
}

/**
 * The changes of the committed entries, as they reach the shards. The events of the store divide them into
 * commits. This also checks the events: every change has an event, and every event has its changes.
 */
export class CommitLog {
  readonly commits: Commit[] = [];
  readonly problems: string[] = [];
  readonly #tick: () => number;
  #installs: (readonly [key: string, value: number | undefined])[] = [];

  /** @param tick - returns a time that is greater than all earlier ones. */
  constructor(tick: () => number) {
    this.#tick = tick;
  }

  /** Wraps a shard strategy so that the log sees every change. */
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

  /** Returns the number of changes that no event has reported yet. */
  get untold(): number {
    return this.#installs.length;
  }

  #addRemoval(by: 'evicted' | 'expired', key: string): void {
    const [install] = this.#installs;
    if (install?.[0] !== key || install[1] !== undefined) {
      this.problems.push(
        `the event said that ${key} was ${by}, but the next change was ${JSON.stringify(install)}`,
      );
    }
    this.#add(by, 1);
  }

  #add(by: Commit['by'], count: number): void {
    const writes = this.#installs.splice(0, count);
    if (writes.length < count)
      this.problems.push(`the event of ${by} reported ${count} writes, but there were ${writes.length}`);
    this.commits.push({ by, toldAt: this.#tick(), writes });
  }
}

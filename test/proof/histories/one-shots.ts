import { type MemStore, MemStoreError } from 'memstore-tx';
import { recordScan } from './random-work.ts';
import type { Recording } from './recording.ts';
import type { Numbers, RunContext } from './run-context.ts';

type Kind = 'get' | 'getMany' | 'entries' | 'put' | 'putMany' | 'del';

const KINDS: readonly (readonly [weight: number, kind: Kind])[] = [
  [4, 'get'],
  [1, 'getMany'],
  [2, 'entries'],
  [4, 'put'],
  [1, 'putMany'],
  [2, 'del'],
];

/** The codes with which a correct one-shot operation may fail. */
const FAILURES: ReadonlySet<string> = new Set([
  'LOCK_UNAVAILABLE',
  'LOCK_TIMEOUT',
  'ABORTED',
  'TRANSACTION_ABORTED',
  'SNAPSHOT_TOO_OLD',
  // The maximum of open transactions was reached, and the operation does not wait for a place.
  'LIMIT_EXCEEDED',
]);

/** Runs random one-shot operations, each as a transaction of the history. */
export class OneShots {
  readonly #store: MemStore<Numbers>;
  readonly #context: RunContext;
  readonly #record: (name: string) => Recording;
  /**
   * The keys with a pending delete. There is at most one for each key, so that each delete event belongs to a
   * known operation.
   */
  readonly #beingDeleted = new Set<string>();

  constructor(store: MemStore<Numbers>, context: RunContext, record: (name: string) => Recording) {
    this.#store = store;
    this.#context = context;
    this.#record = record;
  }

  async run(): Promise<void> {
    const kind = this.#context.dice.weighted(KINDS);
    const recording = this.#record(kind);
    try {
      await this.#do(kind, recording);
      recording.status = () => 'committed';
    } catch (error) {
      if (!(error instanceof MemStoreError && FAILURES.has(error.code))) throw error;
    }
    recording.endAt = this.#context.tick();
  }

  async #do(kind: Kind, recording: Recording): Promise<void> {
    const context = this.#context;
    const [key, wait] = [context.pickKey(), context.pickWait()];
    switch (kind) {
      case 'get':
        return recording.note({ type: 'read', key, value: await this.#store.get(key) });
      case 'getMany': {
        const keys = context.pickKeys();
        const values = await this.#store.getMany(keys);
        keys.forEach((each, place) => {
          recording.note({ type: 'read', key: each, value: values[place] });
        });
        return;
      }
      case 'entries':
        return this.#scan(recording);
      case 'put':
      case 'putMany': {
        const keys = kind === 'put' ? [key] : context.pickKeys();
        const entries = keys.map((each) => [each, context.newValue()] as const);
        const options = { ...wait, ttl: context.pickTtl() };
        const [first = [key, 0] as const] = entries;
        await (kind === 'put' ? this.#store.put(...first, options) : this.#store.putMany(entries, options));
        for (const [each, value] of entries) recording.note({ type: 'write', key: each, value });
        return;
      }
      case 'del':
        return this.#delete(key, recording);
    }
  }

  async #scan(recording: Recording): Promise<void> {
    const { limit, ...bounds } = this.#context.pickRange(false);
    const range = { ...bounds, limit };
    const entries: [string, number][] = [];
    for await (const entry of this.#store.entries(range)) {
      entries.push(entry);
      await this.#context.think();
    }
    recordScan(recording, range, entries, entries.length !== limit);
  }

  async #delete(key: string, recording: Recording): Promise<void> {
    if (this.#beingDeleted.has(key)) return;
    this.#beingDeleted.add(key);
    try {
      const wasThere = await this.#store.del(key);
      if (wasThere) recording.note({ type: 'delete', key, value: this.#context.newMark() });
      else recording.note({ type: 'read', key, value: undefined });
    } finally {
      this.#beingDeleted.delete(key);
    }
  }
}

import { MAX_TTL_MS } from '../arguments/ttl.ts';
import type { WaitOptions } from '../contract/options.ts';
import type { Journal, JournalEntry } from '../journal/journal.ts';
import { unlessAborted } from '../lifecycle/cancellation.ts';
import { storeClosed } from '../lifecycle/store-closed.ts';
import type { Engine } from './engine.ts';

/** The state of a store. A store without a journal is open from the start. */
type State = 'opening' | 'open' | 'closed';

/** Loads the entries of a store from its journal, and tracks whether the store is open. */
export class Opening {
  readonly #engine: Engine;
  #state: State = 'open';
  /** Resolves when the journal is loaded, or when loading it failed. Never rejects. */
  #loaded: Promise<void> = Promise.resolve();
  #failure: unknown = undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.onFailed = () => {
      this.#state = 'closed';
    };
    if (engine.journal !== undefined) this.#open(engine.journal);
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  #open(journal: Journal): void {
    this.#state = 'opening';
    this.#loaded = this.#load(journal).then(
      () => {
        if (this.#state === 'opening') this.#state = 'open';
      },
      (error: unknown) => {
        this.#state = 'closed';
        this.#failure = error;
      },
    );
  }

  async #load(journal: Journal): Promise<void> {
    const { events, removals } = this.#engine;
    const expired: string[] = [];
    let loaded = 0;
    const tell = (done: boolean): void =>
      events.emit('load', { loaded, total: journal.expectedEntries, done });
    for await (const entries of journal.load()) {
      for (const key of this.#restore(entries)) expired.push(key);
      loaded += entries.length;
      tell(false);
    }
    for (const { key, reason } of journal.setAside ?? []) events.emit('setAside', { key, reason });
    tell(true);
    removals.forget(expired);
    await removals.makeRoom(undefined);
  }

  /**
   * Adds the entries that the journal loaded. Returns the keys of the expired ones, which it does not add.
   */
  #restore(entries: readonly JournalEntry[]): string[] {
    const { shards, cache, expiry, settings } = this.#engine;
    const nowMs = settings.clock.epochMs();
    const expired: string[] = [];
    // Earlier versions could write deadlines beyond the longest TTL. Those entries never expire.
    const latestMs = nowMs + MAX_TTL_MS;
    for (const { key, value, expiresAtMs: recordedMs } of entries) {
      const expiresAtMs = recordedMs !== undefined && recordedMs > latestMs ? undefined : recordedMs;
      if (expiresAtMs !== undefined && expiresAtMs <= nowMs) {
        expired.push(key);
        continue;
      }
      shards.set(key, value);
      cache.onWrite(key, cache.sizeOf(key, value));
      expiry.set(key, expiresAtMs);
    }
    return expired;
  }

  /**
   * Runs an action as soon as the journal is loaded.
   * @throws {MemStoreError} as a rejection: STORE_CLOSED, ABORTED, and the errors of the action
   */
  async whenOpen<T>(wait: WaitOptions | undefined, action: () => T | Promise<T>): Promise<T> {
    await unlessAborted(this.#loaded, wait?.signal);
    if (this.#engine.failure !== undefined) throw this.#engine.failure;
    if (this.#state !== 'open') throw storeClosed(this.#failure);
    return action();
  }

  /**
   * Refuses new work. If the journal is still being loaded, returns a promise that resolves when that ends.
   */
  close(): Promise<void> | undefined {
    const wasOpening = this.#state === 'opening';
    this.#state = 'closed';
    return wasOpening ? this.#loaded : undefined;
  }
}

import { MAX_TTL_MS } from '../arguments/ttl.ts';
import type { Journal, JournalEntry } from '../journal/journal.ts';
import type { Engine } from './engine.ts';

/** Loads the entries of a store from its journal, and reports the progress as events. */
export async function loadJournal(engine: Engine, journal: Journal): Promise<void> {
  const { events, removals } = engine;
  const expired: string[] = [];
  let loaded = 0;
  const tell = (done: boolean): void => events.emit('load', { loaded, total: journal.expectedEntries, done });
  for await (const entries of journal.load()) {
    for (const key of restore(engine, entries)) expired.push(key);
    loaded += entries.length;
    tell(false);
  }
  for (const { key, reason } of journal.setAside ?? []) events.emit('setAside', { key, reason });
  tell(true);
  removals.forget(expired);
  await removals.makeRoom(undefined);
}

/** Adds the entries that the journal loaded. Does not add expired entries, and returns their keys. */
function restore(engine: Engine, entries: readonly JournalEntry[]): string[] {
  const { shards, cache, expiry, settings } = engine;
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

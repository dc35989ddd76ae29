import type { Engine } from '../engine.ts';
import type { Write } from '../write.ts';

/**
 * Commits a single write synchronously, if the key is not locked. The write needs no lock, because all of it
 * happens in this call. Returns false if it needs a transaction.
 */
export function commitOneShot(engine: Engine, write: Write): boolean {
  if (engine.journal !== undefined) return false;
  if (engine.expiry.size !== 0) engine.removals.expireIfDue(write.key);
  if (engine.isLocked(write.key)) return false;
  engine.publishOnly(write, undefined);
  engine.counters.begins++;
  engine.recordCommit(engine.nextId(), 1);
  engine.removals.makeRoom(undefined, write);
  return true;
}

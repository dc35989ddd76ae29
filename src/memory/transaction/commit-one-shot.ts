import type { Engine } from '../engine.ts';
import type { Write } from '../write.ts';

/**
 * Commits a single write synchronously if the key is not locked. The write needs no lock, because it is
 * complete when this call returns. Returns false if the write needs a transaction.
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

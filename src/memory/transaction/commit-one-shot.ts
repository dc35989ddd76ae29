import type { Engine } from '../engine.ts';
import type { Write } from './write-set.ts';

/**
 * Commits a write of a transaction that does nothing else, if nobody has the key locked: then there is
 * nothing to wait for, and the write needs no lock either, since all of it happens in this call.
 * Returns false when it needs a transaction after all.
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

import { MAX_RELEASED_AT_ONCE } from '../../lifecycle/turn-limits.ts';
import type { LockSession } from '../../locks/lock-strategy.ts';
import type { Engine } from '../engine.ts';
import type { Pins } from '../expiry/pinned-entries.ts';

/** An ending transaction with its locks and pins. */
interface Holder {
  readonly engine: Engine;
  readonly session: LockSession;
  readonly pins: Pins | undefined;
}

/**
 * Releases the pins and locks of a transaction. Returns a promise if there are so many that it takes several
 * turns.
 */
export function releaseLocks(holder: Holder): Promise<void> | undefined {
  return releaseSome(holder) ? releaseInTurns(holder) : undefined;
}

/** Releases some of the pins and locks. Returns whether there are more. */
function releaseSome({ engine, session, pins }: Holder): boolean {
  if (pins !== undefined && engine.expiry.pinned.release(pins, MAX_RELEASED_AT_ONCE)) return true;
  try {
    if (session.releaseSome !== undefined) return session.releaseSome(MAX_RELEASED_AT_ONCE);
    session.releaseAll();
  } catch (cause) {
    engine.fail(cause);
  }
  return false;
}

async function releaseInTurns(holder: Holder): Promise<void> {
  do await holder.engine.settings.clock.yieldTurn();
  while (releaseSome(holder));
}

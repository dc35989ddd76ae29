import { MOST_RELEASED_AT_ONCE } from '../../lifecycle/turn-limits.ts';
import type { LockSession } from '../../locks/lock-strategy.ts';
import type { Engine } from '../engine.ts';
import type { Hold } from '../expiry/held-over.ts';

/** An ending transaction, with everything that it holds. */
interface Holder {
  readonly engine: Engine;
  readonly session: LockSession;
  readonly hold: Hold | undefined;
}

/**
 * Releases everything that a transaction holds: now, or in turns if it is much; then it returns a promise.
 */
export function releaseHeld(holder: Holder): Promise<void> | undefined {
  return releaseSome(holder) ? releaseInTurns(holder) : undefined;
}

/** Returns whether there is more to release. */
function releaseSome({ engine, session, hold }: Holder): boolean {
  if (hold !== undefined && engine.heldOver.release(hold, MOST_RELEASED_AT_ONCE)) return true;
  try {
    if (session.releaseSome !== undefined) return session.releaseSome(MOST_RELEASED_AT_ONCE);
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

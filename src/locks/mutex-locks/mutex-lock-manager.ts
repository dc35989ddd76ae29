import { hashKey } from '../../collections/hash-key.ts';
import type { LockReport } from '../../contract/lock-report.ts';
import type { LockHost, LockManager, LockOwner, LockSession } from '../lock-strategy.ts';
import { breakHardCycles, type WaitGraph } from '../wait-graph.ts';
import { MutexLockSession, type StripeTable } from './mutex-lock-session.ts';
import { Stripe } from './stripe.ts';

/**
 * The wait-for graph, computed from the stripes.
 *
 * Queue-order edges are omitted, because every deadlock is found without them. Stripes are always taken
 * exclusively. So all waiters in the queue of a stripe wait for the holder of that stripe.
 *
 * Consider a cycle through a waiter ahead in the queue. If the cycle continues through the same holder, there
 * is also a cycle without that waiter. Otherwise the cycle continues through the holder of another stripe.
 * Only a range request waits for two stripes, so that waiter is a range request. The cycle is found later,
 * when the range request gets the first stripe and blocks at the other stripe.
 */
const waitGraph: WaitGraph<MutexLockSession> = {
  holdersAwaitedBy: (session) => session.holdersAwaited(),
  waitersAheadOf: () => [],
  stepOf: (session) => session.step(),
};

/**
 * A fixed list of stripes. All are created at the start, because the first range lock would create them
 * anyway, and an idle mutex holds nothing.
 */
export class MutexLockManager implements LockManager, StripeTable {
  readonly stripes: readonly Stripe<MutexLockSession>[];
  readonly #host: LockHost;

  constructor(host: LockHost, stripes: number) {
    this.#host = host;
    this.stripes = Array.from({ length: stripes }, () => new Stripe<MutexLockSession>());
  }

  session(owner: LockOwner): LockSession {
    return new MutexLockSession(owner, this);
  }

  isLocked(key: string): boolean {
    return this.stripeOf(key).holder !== undefined;
  }

  isIdle(): boolean {
    // A stripe without a holder has no waiters.
    return this.stripes.every((stripe) => stripe.holder === undefined);
  }

  exclusiveHolder(key: string): number | undefined {
    return this.stripeOf(key).holder?.id;
  }

  report(): LockReport {
    const sessions = new Set(this.stripes.flatMap((stripe) => stripe.takers()));
    const reports = Array.from(sessions, (session) => session.report());
    return { held: reports.flatMap(({ held }) => held), waiting: reports.flatMap(({ waiting }) => waiting) };
  }

  stripeOf(key: string): Stripe<MutexLockSession> {
    const stripe = this.stripes[hashKey(key) % this.stripes.length];
    if (stripe === undefined) throw new Error('The lock manager must have at least one stripe.');
    return stripe;
  }

  breakDeadlocks(requester: MutexLockSession): void {
    breakHardCycles(requester, waitGraph, (victim, cycle) => this.#host.abortVictim(victim.owner, cycle));
  }
}

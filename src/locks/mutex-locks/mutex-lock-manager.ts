import { hashKey } from '../../collections/hash-key.ts';
import type { LockReport } from '../../contract/lock-report.ts';
import type { LockHost, LockManager, LockOwner, LockSession } from '../lock-strategy.ts';
import { breakHardCycles, type WaitGraph } from '../wait-graph.ts';
import { MutexLockSession, type StripeTable } from './mutex-lock-session.ts';
import { Stripe } from './stripe.ts';

/**
 * The wait-for graph, read off the stripes.
 *
 * Queue-order edges are left out, because they close no cycle that would not be found without them. Every
 * taker of a stripe is exclusive, so whoever waits for one waits for its holder, and so do all who are
 * ahead in its queue. A cycle through one of those either leaves it by that same holder, and then runs
 * without it too; or by the holder of a further stripe, which only a range asks for. In that case it is
 * found when the one ahead gets the stripe, becomes its holder, and blocks at the further one.
 */
const waitGraph: WaitGraph<MutexLockSession> = {
  holdersAwaitedBy: (session) => session.holdersAwaited(),
  waitersAheadOf: () => [],
  stepOf: (session) => session.step(),
};

/**
 * A fixed row of stripes. They are made at once and kept: the first range lock would make them all anyway,
 * and an idle mutex holds nothing.
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
    // Nobody waits for a stripe that has no holder.
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
    if (stripe === undefined) throw new Error('there are no stripes');
    return stripe;
  }

  breakDeadlocks(requester: MutexLockSession): void {
    breakHardCycles(requester, waitGraph, (victim, cycle) => this.#host.abortVictim(victim.owner, cycle));
  }
}

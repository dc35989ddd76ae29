import type { IOptions } from 'etcd3';
import type { Clock } from '../contract/clock.ts';

type FaultHandling = NonNullable<IOptions['faultHandling']>;
type HostPolicy = ReturnType<NonNullable<FaultHandling['host']>>;
type GlobalPolicy = NonNullable<FaultHandling['global']>;

type Attempt = (context: { signal: AbortSignal }) => Promise<unknown>;

const FAILURES_IN_A_ROW = 2;
/** About the time that a cluster needs to elect a leader. */
const KEEP_AWAY_MS = 1_000;

/** The error for a node that is currently avoided. The request then goes to another node. */
export class NodeAvoided extends Error {}

/**
 * Returns a policy that avoids a node for a while after it has failed several times in a row. Otherwise each
 * request to a node that does not answer would take a whole `attemptTimeout`.
 */
export function nodeGuard(clock: Clock): HostPolicy {
  let failures = 0;
  let avoidUntilMs = Number.NEGATIVE_INFINITY;
  const execute = async (attempt: Attempt): Promise<unknown> => {
    if (clock.monotonicMs() < avoidUntilMs)
      throw new NodeAvoided('This node failed recently, so it is avoided for now.');
    try {
      const result = await attempt({ signal: new AbortController().signal });
      failures = 0;
      return result;
    } catch (error) {
      failures++;
      if (failures >= FAILURES_IN_A_ROW) avoidUntilMs = clock.monotonicMs() + KEEP_AWAY_MS;
      throw error;
    }
  };
  return asPolicy(execute);
}

/**
 * The policy of one attempt per request. `Cluster` repeats and counts attempts, so the client library must
 * not.
 */
export const oneAttempt: GlobalPolicy = asPolicy(async (attempt) =>
  attempt({ signal: new AbortController().signal }),
);

/** Returns an object that serves as a policy. The client library uses only its `execute` function. */
function asPolicy(execute: (attempt: Attempt) => Promise<unknown>): GlobalPolicy {
  return { execute } as unknown as GlobalPolicy;
}

import type { IOptions } from 'etcd3';
import type { Clock } from '../contract/clock.ts';

type FaultHandling = NonNullable<IOptions['faultHandling']>;
type HostPolicy = ReturnType<NonNullable<FaultHandling['host']>>;
type GlobalPolicy = NonNullable<FaultHandling['global']>;

type Attempt = (context: { signal: AbortSignal }) => Promise<unknown>;

const FAILURES_IN_A_ROW = 2;
/** As long as a cluster takes to choose a leader, about. */
const KEEP_AWAY_MS = 1_000;

/** Said of a node that is not asked for the moment; another one is. */
export class NodeAvoided extends Error {}

/**
 * Keeps away for a while from a node that has failed several times in a row: one that does not answer at all
 * would cost every request that comes to it a whole `attemptTimeout`.
 */
export function nodeGuard(clock: Clock): HostPolicy {
  let failures = 0;
  let avoidUntilMs = Number.NEGATIVE_INFINITY;
  const execute = async (attempt: Attempt): Promise<unknown> => {
    if (clock.monotonicMs() < avoidUntilMs) throw new NodeAvoided('The node has failed just now.');
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

/** Attempts are made, and counted, by `Cluster`; the client library makes each once. */
export const oneAttempt: GlobalPolicy = asPolicy(async (attempt) =>
  attempt({ signal: new AbortController().signal }),
);

/** Of a policy, the client library uses nothing but this function. */
function asPolicy(execute: (attempt: Attempt) => Promise<unknown>): GlobalPolicy {
  return { execute } as unknown as GlobalPolicy;
}

import { assert, assertEqual } from '../../assert.ts';
import { type Lock, showLock } from './conflicts.ts';

/** The current state of a request. */
type Outcome = 'waiting' | 'granted' | 'refused';

/** A lock request and its outcome. */
export class LockRequest {
  readonly lock: Lock;
  readonly wasGrantedAtOnce: boolean;
  outcome: Outcome;
  /** The reason of the rejection. */
  reason: unknown;

  constructor(lock: Lock, answer: Promise<void> | undefined) {
    this.lock = lock;
    this.wasGrantedAtOnce = answer === undefined;
    this.outcome = answer === undefined ? 'granted' : 'waiting';
    answer?.then(
      () => {
        this.outcome = 'granted';
      },
      (reason: unknown) => {
        this.outcome = 'refused';
        this.reason = reason;
      },
    );
  }
}

/** More microtasks than any strategy needs to grant all locks that a release makes free. */
const MICROTASKS_TO_SETTLE = 100;

/** Waits until all consequences of the previous calls have happened. Uses microtasks only, no timers. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < MICROTASKS_TO_SETTLE; turn++) await Promise.resolve();
}

export async function expectWaiting(...requests: readonly LockRequest[]): Promise<void> {
  await expectOutcome('waiting', requests);
}

export async function expectGranted(...requests: readonly LockRequest[]): Promise<void> {
  await expectOutcome('granted', requests);
}

/** Checks that the request was rejected with exactly this reason. */
export async function expectRefused(request: LockRequest, reason: unknown): Promise<void> {
  await expectOutcome('refused', [request]);
  assert(request.reason === reason, `${showLock(request.lock)} is refused with the given reason`);
}

async function expectOutcome(outcome: Outcome, requests: readonly LockRequest[]): Promise<void> {
  await settled();
  for (const request of requests) assertEqual(request.outcome, outcome, showLock(request.lock));
}

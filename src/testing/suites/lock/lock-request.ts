import { assert, assertEqual } from '../../assert.ts';
import { type Lock, showLock } from './conflicts.ts';

/** What became of a request so far. */
type Outcome = 'waiting' | 'granted' | 'refused';

/** A lock that was asked for, and what came of it. */
export class LockRequest {
  readonly lock: Lock;
  readonly wasGrantedAtOnce: boolean;
  outcome: Outcome;
  /** Why it was refused. */
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

/** More than any strategy needs to pass on what is free, however many hands it goes through. */
const MICROTASKS_TO_SETTLE = 100;

/** Returns when everything that follows by itself from what was done has happened. No timers are involved. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < MICROTASKS_TO_SETTLE; turn++) await Promise.resolve();
}

export async function expectWaiting(...requests: readonly LockRequest[]): Promise<void> {
  await expectOutcome('waiting', requests);
}

export async function expectGranted(...requests: readonly LockRequest[]): Promise<void> {
  await expectOutcome('granted', requests);
}

/** REQUIRES of the strategy that the promise is rejected with this very reason. */
export async function expectRefused(request: LockRequest, reason: unknown): Promise<void> {
  await expectOutcome('refused', [request]);
  assert(request.reason === reason, `${showLock(request.lock)} is refused with the reason that was given`);
}

async function expectOutcome(outcome: Outcome, requests: readonly LockRequest[]): Promise<void> {
  await settled();
  for (const request of requests) assertEqual(request.outcome, outcome, showLock(request.lock));
}

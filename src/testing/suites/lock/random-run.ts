import { coversRange } from '../../../contract/key-range.ts';
import type { HeldLock } from '../../../contract/lock-report.ts';
import { assert } from '../../assert.ts';
import { seededRandom } from '../../seeded-random.ts';
import { type BenchTransaction, range, S, X } from './bench-transaction.ts';
import { conflicts, type Lock, showLock } from './conflicts.ts';
import type { LockBench } from './lock-bench.ts';
import { settled } from './lock-request.ts';

const STEPS = 200;
const MAX_LIVE = 8;
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
const RANGES = [
  range('a', 'c'),
  range('b', 'e'),
  range('c', 'c\0'),
  range('d'),
  range('a', 'g'),
  range('', 'a'),
];
const REASON = new Error('withdrawn by the random run');

/**
 * Runs transactions that lock, try, withdraw and end at random, with one or several steps in a tick. After
 * each step, compares the manager's report with the grants that the transactions received.
 */
export async function randomRun(bench: LockBench, seed: number): Promise<void> {
  const random = seededRandom(seed);
  let step = 0;
  try {
    for (; step < STEPS; step++) {
      randomStep(bench, random);
      expectSafe(bench);
      if (random() < 0.5) continue;
      await settled();
      expectSafe(bench);
      expectLive(bench);
    }
    await bench.finish();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`seed ${seed}, step ${step}: ${message}`, { cause: error });
  }
}

function pick<T>(random: () => number, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('pick needs at least one item, got an empty list.');
  return item;
}

function randomStep(bench: LockBench, random: () => number): void {
  const { live } = bench;
  if (live.length < 2 || (live.length < MAX_LIVE && random() < 0.2)) {
    // Ages are random and unique. They do not follow the ids, as with retried transactions.
    bench.begin(Math.floor(random() * 1e9));
    return;
  }
  const transaction = pick(random, live);
  if (!transaction.isWaiting) randomOperation(transaction, random);
  else if (random() < 0.1) transaction.abort();
  else if (random() < 0.3) transaction.withdraw(REASON);
}

function randomOperation(transaction: BenchTransaction, random: () => number): void {
  const dice = random();
  if (dice < 0.5) transaction.ask(pick(random, KEYS), random() < 0.5 ? S : X);
  else if (dice < 0.65) transaction.askRange(pick(random, RANGES));
  else if (dice < 0.75) transaction.try(pick(random, KEYS), random() < 0.5 ? S : X);
  else if (dice < 0.8) transaction.tryRange(pick(random, RANGES));
  else if (dice < 0.85) transaction.withdraw(REASON);
  else transaction.end();
}

/** Checks the properties that hold at any moment, also in the middle of a tick. */
function expectSafe(bench: LockBench): void {
  const { live, manager } = bench;
  const { held } = manager.report();
  // This includes all granted locks, because the loop below checks that the report contains them.
  expectNoConflict(held);
  for (const transaction of live) {
    const own = held.filter(({ transactionId }) => transactionId === transaction.id);
    for (const lock of transaction.granted) {
      if (!isHeld(lock, own))
        throw new Error(`The report must contain every granted lock, but lacks the ${showLock(lock)}.`);
    }
  }
  for (const { key, mode, transactionId } of held) {
    if (key === undefined) continue;
    assert(manager.isLocked(key), `${key} is locked`);
    if (mode === X)
      assert(
        manager.exclusiveHolder(key) === transactionId,
        `exclusiveHolder of ${key} is transaction ${transactionId}`,
      );
  }
}

function expectNoConflict(locks: readonly Lock[]): void {
  for (const [index, left] of locks.entries()) {
    for (const right of locks.slice(index + 1)) {
      if (left.transactionId === right.transactionId || !conflicts(left, right)) continue;
      throw new Error(`Held locks must not conflict, got the ${showLock(left)} and the ${showLock(right)}.`);
    }
  }
}

/**
 * Returns whether the report contains the lock. A range may be reported in parts, and a shared lock may be
 * reported as part of a range.
 */
function isHeld(lock: Lock, own: readonly HeldLock[]): boolean {
  const { range: keys } = lock;
  if (lock.mode === X) return own.some(({ key, mode }) => key === lock.key && mode === X);
  if (keys === undefined) return own.some((held) => conflicts({ ...lock, mode: X }, held));
  return own.some((held) => held.range !== undefined && coversRange(held.range, keys));
}

/** Checks the properties that hold after all promises have settled. */
function expectLive(bench: LockBench): void {
  const { live, manager, coarse } = bench;
  const { waiting } = manager.report();
  const asked = live.filter(({ isWaiting }) => isWaiting);
  assert(asked.length < live.length || live.length === 0, 'at least one transaction does not wait');
  assert(waiting.length === asked.length, 'the report lists exactly the waiting requests');
  const ids = new Set(live.map(({ id }) => id));
  for (const request of waiting) {
    const { transactionId, waitsFor } = request;
    assert(waitsFor.length > 0, `${showLock(request)} waits for at least one transaction`);
    assert(
      waitsFor.every((id) => ids.has(id) && id !== transactionId),
      `${showLock(request)} waits only for other open transactions`,
    );
    if (coarse) continue;
    const others = live.filter(({ id }) => id !== transactionId).flatMap(({ requests }) => requests);
    const isNeeded = others.some(({ lock, outcome }) => outcome !== 'refused' && conflicts(lock, request));
    assert(isNeeded, `${showLock(request)} conflicts with a held or requested lock`);
  }
}

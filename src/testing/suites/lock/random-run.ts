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
 * Many transactions that lock, try, give up and end at random, several steps in one tick or one at a time.
 * After each step the manager's report is held against what the transactions themselves were promised.
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
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
}

function randomStep(bench: LockBench, random: () => number): void {
  const { live } = bench;
  if (live.length < 2 || (live.length < MAX_LIVE && random() < 0.2)) {
    // Ages in any order, as retried transactions have them, and no two alike.
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

/** What must be true at any moment, in the middle of a tick too. */
function expectSafe(bench: LockBench): void {
  const { live, manager } = bench;
  const { held } = manager.report();
  // What was granted does not conflict either, since all of it must be in the report.
  expectNoConflict(held);
  for (const transaction of live) {
    const own = held.filter(({ transactionId }) => transactionId === transaction.id);
    for (const lock of transaction.granted) {
      if (!isHeld(lock, own)) throw new Error(`granted, but not in the report: ${showLock(lock)}`);
    }
  }
  for (const { key, mode, transactionId } of held) {
    if (key === undefined) continue;
    assert(manager.isLocked(key), `${key} is locked`);
    if (mode === X) assert(manager.exclusiveHolder(key) === transactionId, `${key} has its exclusive holder`);
  }
}

function expectNoConflict(locks: readonly Lock[]): void {
  for (const [index, left] of locks.entries()) {
    for (const right of locks.slice(index + 1)) {
      if (left.transactionId === right.transactionId || !conflicts(left, right)) continue;
      throw new Error(`held at once: ${showLock(left)} and ${showLock(right)}`);
    }
  }
}

/** A range may be reported in parts, and a shared lock within one that covers it. */
function isHeld(lock: Lock, own: readonly HeldLock[]): boolean {
  const { range: keys } = lock;
  if (lock.mode === X) return own.some(({ key, mode }) => key === lock.key && mode === X);
  if (keys === undefined) return own.some((held) => conflicts({ ...lock, mode: X }, held));
  return own.some((held) => held.range !== undefined && coversRange(held.range, keys));
}

/** What must be true when everything has settled. */
function expectLive(bench: LockBench): void {
  const { live, manager, coarse } = bench;
  const { waiting } = manager.report();
  const asked = live.filter(({ isWaiting }) => isWaiting);
  assert(asked.length < live.length || live.length === 0, 'not everybody waits');
  assert(waiting.length === asked.length, 'the report tells of everybody who waits, and of nobody else');
  const ids = new Set(live.map(({ id }) => id));
  for (const request of waiting) {
    const { transactionId, waitsFor } = request;
    assert(waitsFor.length > 0, `${showLock(request)} waits for somebody`);
    assert(
      waitsFor.every((id) => ids.has(id) && id !== transactionId),
      `${showLock(request)} waits for the living`,
    );
    if (coarse) continue;
    const others = live.filter(({ id }) => id !== transactionId).flatMap(({ requests }) => requests);
    const isNeeded = others.some(({ lock, outcome }) => outcome !== 'refused' && conflicts(lock, request));
    assert(isNeeded, `${showLock(request)} waits for a reason`);
  }
}

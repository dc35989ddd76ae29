import { type Clock, systemClock } from '../contract/clock.ts';
import { checkObject, invalidOption } from './check.ts';

/**
 * Returns the clock that an option gives, or the platform's.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readClock(clock: Clock | undefined): Clock {
  const chosen = clock ?? systemClock;
  checkObject('clock', chosen);
  return chosen;
}

/**
 * Returns the source of random numbers that an option gives, or `Math.random`.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readRandom(random: (() => number) | undefined): () => number {
  const chosen = random ?? Math.random;
  if (typeof chosen !== 'function') throw invalidOption('random', 'a function', chosen);
  return chosen;
}

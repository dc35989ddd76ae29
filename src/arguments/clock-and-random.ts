import { type Clock, systemClock } from '../contract/clock.ts';
import { checkFunction, checkObject } from './check-options.ts';

/**
 * Checks and returns a clock option. The default is the platform's clock.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readClock(clock: Clock | undefined): Clock {
  const chosen = clock ?? systemClock;
  checkObject('clock', chosen);
  return chosen;
}

/**
 * Checks and returns a random option. The default is `Math.random`.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readRandom(random: (() => number) | undefined): () => number {
  const chosen = random ?? Math.random;
  checkFunction('random', chosen);
  return chosen;
}

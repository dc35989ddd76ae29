import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc: (options: { readonly type: 'minor' }) => void = runInNewContext('gc');

/**
 * Collects young garbage now, so that nobody pays for what somebody else has left. A full collection would
 * also shrink the young generation, from which those who allocate would take long to recover.
 */
export function collectGarbage(): void {
  gc({ type: 'minor' });
}

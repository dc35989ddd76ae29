import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc: (options: { readonly type: 'minor' }) => void = runInNewContext('gc');

/**
 * Collects young garbage, so that no contender pays for the garbage of another. A full collection would also
 * shrink the young generation, which would slow down contenders that allocate much.
 */
export function collectGarbage(): void {
  gc({ type: 'minor' });
}

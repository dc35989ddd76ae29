import { describe, it } from 'vitest';
import { keyLocks } from '../../src/locks/key-locks/key-locks.ts';
import { mutexLocks } from '../../src/locks/mutex-locks/mutex-locks.ts';
import { lockSuite } from '../../src/testing/lock-suite.ts';

const tests = { describe, it };

lockSuite('keyLocks', keyLocks, tests);
for (const stripes of [1, 2, 64]) {
  lockSuite(`mutexLocks, stripes: ${stripes}`, () => mutexLocks({ stripes }), tests, { coarse: true });
}

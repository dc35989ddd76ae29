import { describe, expect, it } from 'vitest';
import { keyLocks } from '../../src/locks/key-locks/key-locks.ts';
import type { LockHost, LockSession, LockStrategy } from '../../src/locks/lock-strategy.ts';
import { mutexLocks } from '../../src/locks/mutex-locks/mutex-locks.ts';
import { lockSuite } from '../../src/testing/suites/lock/lock-suite.ts';

const tests = { describe, it };

lockSuite('keyLocks', keyLocks, tests);
for (const stripes of [1, 2, 64]) {
  lockSuite(`mutexLocks, stripes: ${stripes}`, () => mutexLocks({ stripes }), tests, { coarse: true });
}

type Fault = (session: LockSession) => Partial<LockSession>;

/** Returns a strategy that is correct except for the session methods or the host calls that are replaced. */
function broken(fault: Fault, wrapHost: (host: LockHost) => LockHost = (host) => host): () => LockStrategy {
  return () => ({
    name: 'broken',
    create(host) {
      const manager = keyLocks().create(wrapHost(host));
      return {
        isLocked: (key) => manager.isLocked(key),
        isIdle: () => manager.isIdle(),
        exclusiveHolder: (key) => manager.exclusiveHolder(key),
        report: () => manager.report(),
        session(owner) {
          const session = manager.session(owner);
          const sound: LockSession = {
            lock: (key, mode) => session.lock(key, mode),
            tryLock: (key, mode) => session.tryLock(key, mode),
            lockRange: (range) => session.lockRange(range),
            tryLockRange: (range) => session.tryLockRange(range),
            withdraw: (reason) => session.withdraw(reason),
            releaseAll: () => session.releaseAll(),
          };
          return { ...sound, ...fault(session) };
        },
      };
    },
  });
}

/**
 * Runs the suite with the weaker requirements of a coarse strategy, and returns the first case that fails.
 */
async function firstFailure(create: () => LockStrategy): Promise<string | undefined> {
  const cases: { name: string; body: () => void | Promise<void> }[] = [];
  const collect = {
    describe: (_name: string, body: () => void) => body(),
    it: (name: string, body: () => void | Promise<void>) => void cases.push({ name, body }),
  };
  lockSuite('broken', create, collect, { coarse: true });
  for (const { name, body } of cases) {
    try {
      await body();
    } catch {
      return name;
    }
  }
  return undefined;
}

const SOUND: Fault = () => ({});

const BROKEN: readonly (readonly [what: string, create: () => LockStrategy])[] = [
  ['grants every try', broken(() => ({ tryLock: () => true }))],
  ['never locks a range', broken(() => ({ lockRange: () => undefined }))],
  ['takes only shared locks', broken((session) => ({ lock: (key) => session.lock(key, 'shared') }))],
  ['never releases locks', broken(() => ({ releaseAll() {} }))],
  ['never withdraws', broken(() => ({ withdraw() {} }))],
  [
    'rejects with another reason than the given one',
    broken((session) => ({ withdraw: () => session.withdraw(new Error('gone')) })),
  ],
  [
    'reports a cycle without its first step',
    broken(SOUND, (host) => ({ abortVictim: (victim, cycle) => host.abortVictim(victim, cycle.slice(1)) })),
  ],
  [
    'reports a cycle in reverse',
    broken(SOUND, (host) => ({
      abortVictim: (victim, cycle) => host.abortVictim(victim, cycle.toReversed()),
    })),
  ],
];

describe('the lock suite', () => {
  it('passes a correct strategy in the wrapper of the broken ones', async () => {
    expect(await firstFailure(broken(SOUND))).toBeUndefined();
  });

  it.each(BROKEN)('fails a strategy that %s', async (_what, create) => {
    expect(await firstFailure(create)).toBeDefined();
  });
});

import { keyLocks } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import type { LockManager, LockSession } from '../../src/locks/lock-strategy.ts';

// The locks of a sole session are not in the lock table. Requests of other sessions must get the same answers
// as if these locks were in the table.

function locks(): { manager: LockManager; first: LockSession; second: LockSession } {
  const manager = keyLocks().create({
    abortVictim() {
      throw new Error('no session may wait in a cycle here');
    },
  });
  return {
    manager,
    first: manager.session({ id: 1, age: 1 }),
    second: manager.session({ id: 2, age: 2 }),
  };
}

describe('a sole session', () => {
  it('has one lock per key, in the strongest requested mode', () => {
    const { manager, first } = locks();
    first.lock('a', 'shared');
    first.lock('b', 'shared');
    first.lock('b', 'exclusive');
    first.lock('a', 'shared');
    first.lock('b', 'shared');
    expect(manager.report().held).toEqual([
      { transactionId: 1, key: 'a', mode: 'shared' },
      { transactionId: 1, key: 'b', mode: 'exclusive' },
    ]);
    first.releaseAll();
    expect(manager.report()).toEqual({ held: [], waiting: [] });
  });

  it('blocks another session until it releases its locks', async () => {
    const { manager, first, second } = locks();
    first.lock('a', 'shared');
    first.lock('a', 'exclusive');
    const waiting = second.lock('a', 'shared');
    expect(waiting).toBeInstanceOf(Promise);
    expect(second.tryLock('a', 'shared')).toBe(false);
    first.releaseAll();
    await waiting;
    expect(manager.report().held).toEqual([{ transactionId: 2, key: 'a', mode: 'shared' }]);
    second.releaseAll();
    expect(manager.isIdle()).toBe(true);
  });

  it('blocks a scan whose range contains its key, and no other scan', () => {
    const { first, second } = locks();
    first.lock('b', 'exclusive');
    expect(second.tryLockRange({ from: 'a', to: 'b' })).toBe(true);
    expect(second.tryLockRange({ from: 'a', to: 'c' })).toBe(false);
  });

  it('is visible in lookups of its keys', () => {
    const { manager, first } = locks();
    first.lock('a', 'shared');
    expect(manager.isIdle()).toBe(false);
    expect([manager.isLocked('a'), manager.isLocked('b')]).toEqual([true, false]);
    first.lock('a', 'exclusive');
    expect(manager.exclusiveHolder('a')).toBe(1);
    first.releaseAll();
    expect([manager.isLocked('a'), manager.exclusiveHolder('a')]).toEqual([false, undefined]);
  });

  it('keeps no growing list for keys that it locks repeatedly', () => {
    const { manager, first } = locks();
    for (let count = 0; count < 1000; count++) {
      first.lock('a', 'shared');
      first.lock('b', 'shared');
    }
    const held = [...(first as unknown as { held(): Iterable<unknown> }).held()];
    expect(held.length).toBeLessThan(100);
    expect(manager.report().held).toHaveLength(2);
  });

  it('can scan a range that contains keys it has locked', () => {
    const { manager, first, second } = locks();
    first.lock('b', 'exclusive');
    expect(first.lockRange({ from: 'a', to: 'c' })).toBeUndefined();
    expect(second.tryLock('bb', 'exclusive')).toBe(false);
    first.releaseAll();
    expect(manager.isIdle()).toBe(true);
  });
});

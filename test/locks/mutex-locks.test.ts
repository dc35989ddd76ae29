import { describe, expect, it } from 'vitest';
import { hashKey } from '../../src/collections/hash-key.ts';
import { MemStoreError } from '../../src/contract/errors.ts';
import type { LockHost, LockManager, LockOwner, LockSession } from '../../src/locks/lock-strategy.ts';
import { mutexLocks } from '../../src/locks/mutex-locks/mutex-locks.ts';
import { settled } from '../../src/testing/suites/lock/lock-request.ts';

const EVERYTHING = { from: '', to: undefined };
const REASON = new Error('the caller gave up');

/** A host for tests without deadlocks. */
const peacefulHost: LockHost = {
  abortVictim(victim) {
    throw new Error(`transaction ${victim.id} became a victim`);
  },
};

function createManager(stripes: number): LockManager {
  return mutexLocks({ stripes }).create(peacefulHost);
}

/** Opens sessions for transactions 1 to 4. */
function openSessions(manager: LockManager): [LockSession, LockSession, LockSession, LockSession] {
  const open = (id: number) => manager.session({ id, age: id });
  return [open(1), open(2), open(3), open(4)];
}

/** Returns one key for each stripe, in the order of the stripes. */
function keyPerStripe(stripes: number): string[] {
  const candidates = Array.from({ length: 100 * stripes }, (_, count) => `key${count}`);
  return Array.from({ length: stripes }, (_, stripe) => {
    const key = candidates.find((candidate) => hashKey(candidate) % stripes === stripe);
    if (key === undefined) throw new Error(`no key found for stripe ${stripe}`);
    return key;
  });
}

/** Adds the outcome of the promise to the log when it settles. */
function log(entries: string[], name: string, answer: Promise<void> | undefined): void {
  if (answer === undefined) {
    entries.push(`${name} at once`);
    return;
  }
  answer.then(
    () => entries.push(name),
    () => entries.push(`${name} refused`),
  );
}

describe('the hash of a key', () => {
  it('spreads numbered keys over the stripes', () => {
    const counts = new Array<number>(64).fill(0);
    for (let id = 0; id < 6400; id++) {
      const stripe = hashKey(`account:${id}`) % 64;
      counts[stripe] = (counts[stripe] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(50);
    expect(Math.max(...counts)).toBeLessThan(200);
  });
});

describe('mutexLocks', () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '8' as unknown as number])(
    'refuses %s stripes',
    (stripes) => {
      expect(() => mutexLocks({ stripes })).toThrow(MemStoreError);
      expect(() => mutexLocks({ stripes })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    },
  );

  it('has 64 stripes by default', () => {
    const manager = mutexLocks().create(peacefulHost);
    const keys = keyPerStripe(64);
    for (const [id, key] of keys.entries()) {
      expect(manager.session({ id, age: id }).lock(key, 'exclusive')).toBeUndefined();
    }
    const late = manager.session({ id: 64, age: 64 });
    for (let count = 0; count < 1000; count++) expect(late.tryLock(`other${count}`, 'shared')).toBe(false);
  });

  it('keeps the locks of stores that share a strategy apart', () => {
    const strategy = mutexLocks({ stripes: 1 });
    const [first, second] = [strategy.create(peacefulHost), strategy.create(peacefulHost)];
    expect(first.session({ id: 1, age: 1 }).lock('k', 'exclusive')).toBeUndefined();
    expect(second.session({ id: 1, age: 1 }).lock('k', 'exclusive')).toBeUndefined();
  });

  it('makes keys of the same stripe wait for each other, and keys of different stripes not', async () => {
    const manager = createManager(2);
    const [first, second, third] = openSessions(manager);
    const [even = '', odd = ''] = keyPerStripe(2);
    const sameStripe = ['x', 'y', 'z', 'u', 'v'].filter((key) => hashKey(key) % 2 === 0)[0] ?? '';
    const order: string[] = [];
    log(order, 'first', first.lock(even, 'shared'));
    log(order, 'second', second.lock(odd, 'exclusive'));
    log(order, 'third', third.lock(sameStripe, 'shared'));
    await settled();
    expect(order).toEqual(['first at once', 'second at once']);
    expect(manager.exclusiveHolder(sameStripe)).toBe(1);
    first.releaseAll();
    await settled();
    expect(order.at(-1)).toBe('third');
  });

  it('takes the stripes of a range in order, and each as soon as it is free', async () => {
    const manager = createManager(3);
    const keys = keyPerStripe(3);
    const [low = '', middle = '', high = ''] = keys;
    const [first, second, scanner, late] = openSessions(manager);
    first.lock(low, 'exclusive');
    second.lock(high, 'exclusive');
    const order: string[] = [];
    log(order, 'scan', scanner.lockRange(EVERYTHING));
    expect(manager.report().waiting).toEqual([
      { transactionId: 3, range: EVERYTHING, mode: 'shared', waitsFor: [1, 2] },
    ]);
    // The scan has not reached the middle stripe yet, so that stripe is still free.
    expect(late.tryLock(middle, 'shared')).toBe(true);
    late.releaseAll();

    first.releaseAll();
    await settled();
    expect(order).toEqual([]);
    expect(keys.map((key) => manager.exclusiveHolder(key))).toEqual([3, 3, 2]);
    second.releaseAll();
    await settled();
    expect(order).toEqual(['scan']);
    scanner.releaseAll();
    expect(manager.isIdle()).toBe(true);
  });

  it('reports an extended scan as one range', () => {
    const manager = createManager(2);
    const [scanner] = openSessions(manager);
    for (const to of ['b', 'd', 'c']) expect(scanner.lockRange({ from: 'a', to })).toBeUndefined();
    expect(manager.report().held).toEqual([
      { transactionId: 1, range: { from: 'a', to: 'd' }, mode: 'shared' },
    ]);
  });

  it('keeps the stripes of a withdrawn scan locked until releaseAll', async () => {
    const manager = createManager(2);
    const [low = '', high = ''] = keyPerStripe(2);
    const [holder, scanner, writer] = openSessions(manager);
    holder.lock(high, 'exclusive');
    const order: string[] = [];
    log(order, 'scan', scanner.lockRange(EVERYTHING));
    scanner.withdraw(REASON);
    log(order, 'write', writer.lock(low, 'exclusive'));
    await settled();
    expect(order).toEqual(['scan refused']);
    expect(manager.exclusiveHolder(low)).toBe(2);
    scanner.releaseAll();
    await settled();
    expect(order).toEqual(['scan refused', 'write']);
    holder.releaseAll();
    writer.releaseAll();
    expect(manager.isIdle()).toBe(true);
  });

  it('reports the next holder before async-mutex resolves its promise', async () => {
    const manager = createManager(1);
    const [first, second, third, fourth] = openSessions(manager);
    const order: string[] = [];
    first.lock('a', 'exclusive');
    log(order, 'second', second.lock('b', 'exclusive'));
    log(order, 'third', third.lock('c', 'exclusive'));
    second.withdraw(REASON);
    first.releaseAll();
    expect(manager.exclusiveHolder('c')).toBe(3);
    expect(manager.report().held).toEqual([{ transactionId: 3, key: 'c', mode: 'exclusive' }]);
    log(order, 'fourth', fourth.lock('d', 'shared'));
    expect(manager.report().waiting).toEqual([{ transactionId: 4, key: 'd', mode: 'shared', waitsFor: [3] }]);
    await settled();
    expect(order).toEqual(['second refused', 'third']);
  });

  it('detects a deadlock that a waiting range request closes when it takes its next stripe', async () => {
    const victims: number[] = [];
    const sessions = new Map<number, LockSession>();
    const host: LockHost = {
      abortVictim(victim: LockOwner) {
        victims.push(victim.id);
        sessions.get(victim.id)?.withdraw(REASON);
        sessions.get(victim.id)?.releaseAll();
      },
    };
    const manager = mutexLocks({ stripes: 2 }).create(host);
    for (const id of [1, 2, 3]) sessions.set(id, manager.session({ id, age: id }));
    const [holder, scanner, writer] = [sessions.get(1), sessions.get(2), sessions.get(3)];
    const [low = '', high = ''] = keyPerStripe(2);
    const order: string[] = [];
    holder?.lock(low, 'exclusive');
    log(order, 'scan', scanner?.lockRange(EVERYTHING));
    writer?.lock(high, 'exclusive');
    log(order, 'write', writer?.lock(low, 'exclusive'));
    await settled();
    // The writer waits behind the scan for one stripe, and holds the stripe that the scan needs next.
    expect(victims).toEqual([]);
    holder?.releaseAll();
    await settled();
    expect(victims).toEqual([3]);
    expect(order).toEqual(['write refused', 'scan']);
  });
});

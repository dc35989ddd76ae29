import { expect } from 'vitest';
import type { TestFunctions } from '../../../src/testing/suites/test-functions.ts';
import type { Place } from './backend.ts';
import { openScene } from './client.ts';

/**
 * Registers tests for transactions that see only some writes of another transaction, and for lost updates.
 */
export function skewAnomalies({ open, locks }: Omit<Place, 'name'>, { it }: TestFunctions): void {
  changingPredicates(open, it);
  lostUpdates(open, locks, it);
  readSkews(open, it);
}

/** Checks that a predicate selects the same rows throughout a transaction (PMP). */
function changingPredicates(open: Place['open'], it: TestFunctions['it']): void {
  it('PMP: a predicate selects the same rows throughout a transaction', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    const before = await t1.select((value) => value === 30);
    await t2.put('z', 30);
    await t2.commit();
    const after = await t1.select((value) => value % 3 === 0);
    await t1.commit();
    expect(await outcome()).toEqual({ x: 10, y: 20, z: 30 });
    expect([before.value, after.value]).toEqual([{}, {}]);
  });

  it('PMP, write predicate: an update sees all writes of another transaction or none', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    await t1.update(
      () => true,
      (value) => value + 10,
    );
    await t2.update(
      (value) => value === 20,
      () => undefined,
    );
    await t1.commit();
    await t2.commit();
    // After the first transaction, the row with the value 20 is x.
    expect(await outcome()).toEqual({ y: 30 });
  });
}

/** Checks that no update is lost (P4). */
function lostUpdates(open: Place['open'], locks: Place['locks'], it: TestFunctions['it']): void {
  it('P4: no update is lost', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    const [seenBy1, seenBy2] = [await t1.get('x'), await t2.get('x')];
    await t1.put('x', () => (seenBy1.value ?? 0) + 1);
    await t2.put('x', () => (seenBy2.value ?? 0) + 1);
    await t1.commit();
    await t2.commit();
    // With shared locks both transactions can read, and one of them is a deadlock victim. Otherwise the
    // second transaction reads the value that the first one committed.
    expect(await outcome()).toEqual({ x: t2.isCommitted ? 12 : 11, y: 20 });
    expect(t1.isCommitted).toBe(true);
    expect(t2.isCommitted).toBe(locks === 'mutexLocks');
  });

  it('P4, cursor: no update of a row that was scanned for update is lost', async () => {
    const { clients, outcome } = await openScene(open);
    const add = (value: number): number => value + 1;
    const [t1, t2] = clients;
    await t1.update(() => true, add);
    await t2.update(() => true, add);
    await t1.commit();
    await t2.commit();
    expect(await outcome()).toEqual({ x: 12, y: 22 });
  });
}

/** Checks that a transaction does not see only some writes of another transaction (G-single). */
function readSkews(open: Place['open'], it: TestFunctions['it']): void {
  it('G-single: no read skew', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    const first = await t1.get('x');
    await t2.get('x');
    await t2.get('y');
    await t2.put('x', 12);
    await t2.put('y', 18);
    await t2.commit();
    const second = await t1.get('y');
    await t1.commit();
    const committed = await outcome();
    if (t1.isCommitted) expect([first.value, second.value]).toEqual([10, 20]);
    expect(committed).toEqual(t2.isCommitted ? { x: 12, y: 18 } : { x: 10, y: 20 });
    expect(t1.isCommitted || t2.isCommitted).toBe(true);
  });

  it('G-single, predicate: no read skew between two scans', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    const first = await t1.select((value) => value % 5 === 0);
    await t2.update(
      (value) => value === 10,
      () => 12,
    );
    await t2.commit();
    const second = await t1.select((value) => value % 3 === 0);
    await t1.commit();
    expect(await outcome()).toEqual({ x: 12, y: 20 });
    expect([first.value, second.value]).toEqual([{ x: 10, y: 20 }, {}]);
  });

  it('G-single, write predicate: a delete by predicate sees the same state as an earlier read', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    const first = await t1.get('x');
    await t2.select();
    await t2.put('x', 12);
    await t2.put('y', 18);
    await t2.commit();
    const deleted = await t1.update(
      (value) => value === 20,
      () => undefined,
    );
    await t1.commit();
    const committed = await outcome();
    expect(first.value).toBe(10);
    // The first transaction read 10, so it precedes the second transaction. So its delete must find the 20.
    if (t1.isCommitted) expect(deleted.value).toEqual(['y']);
    // In a serial order, the delete comes first and the puts follow, or only one of them has committed.
    if (t1.isCommitted && t2.isCommitted) expect(committed).toEqual({ x: 12, y: 18 });
    else expect(committed).toEqual(t1.isCommitted ? { x: 10 } : { x: 12, y: 18 });
    expect(t1.isCommitted || t2.isCommitted).toBe(true);
  });

  it('G-single, snapshot: a snapshot has no read skew and blocks no writer', async () => {
    const { clients, snapshot, outcome } = await openScene(open);
    const [t1] = clients;
    const reader = await snapshot();
    const first = await reader.get('x');
    await t1.put('x', 12);
    await t1.put('y', 18);
    await t1.commit();
    const second = await reader.get('y');
    const scan = await reader.select();
    await reader.commit();
    expect(t1.isCommitted).toBe(true);
    expect([first.value, second.value, scan.value]).toEqual([10, 20, { x: 10, y: 20 }]);
    expect(await outcome()).toEqual({ x: 12, y: 18 });
  });
}

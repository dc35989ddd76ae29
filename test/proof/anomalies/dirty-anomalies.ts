import { expect } from 'vitest';
import type { TestFunctions } from '../../../src/testing/suites/test-functions.ts';
import type { Place } from './backend.ts';
import { openScene } from './client.ts';

/** Registers tests for reads and writes of uncommitted data. */
export function dirtyAnomalies({ open }: Omit<Place, 'name'>, { it }: TestFunctions): void {
  dirtyWrites(open, it);
  dirtyReads(open, it);
  circularReads(open, it);
  vanishingReads(open, it);
}

/** Checks that the writes of two transactions are not interleaved (G0). */
function dirtyWrites(open: Place['open'], it: TestFunctions['it']): void {
  it('G0: the writes of two transactions are not interleaved', async () => {
    const { clients, committed, outcome } = await openScene(open);
    const [t1, t2] = clients;
    await t1.put('x', 11);
    await t2.put('x', 12);
    await t1.put('y', 21);
    await t1.commit();
    expect(await committed()).toEqual({ x: 11, y: 21 });
    await t2.put('y', 22);
    await t2.commit();
    expect(await outcome()).toEqual({ x: 12, y: 22 });
    expect([t1.isCommitted, t2.isCommitted]).toEqual([true, true]);
  });

  it('G0, crosswise: writes in opposite orders are not interleaved either', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    await t1.put('x', 11);
    await t2.put('y', 22);
    await t1.put('y', 21);
    await t2.put('x', 12);
    await t1.commit();
    await t2.commit();
    expect(await outcome()).toEqual({ x: 11, y: 21 });
    expect([t1.isCommitted, t2.isCommitted]).toEqual([true, false]);
  });

  it('G0, predicate: two updates of all rows are not interleaved', async () => {
    const { clients, committed, outcome } = await openScene(open);
    const [t1, t2] = clients;
    await t1.put('x', 11);
    await t2.update(
      () => true,
      (value) => value + 100,
    );
    await t1.put('y', 21);
    await t1.commit();
    expect(await committed()).toEqual({ x: 11, y: 21 });
    await t2.commit();
    expect(await outcome()).toEqual({ x: 111, y: 121 });
  });
}

/**
 * Checks that no transaction reads a value that is later rolled back or overwritten before the commit (G1a,
 * G1b).
 */
function dirtyReads(open: Place['open'], it: TestFunctions['it']): void {
  it('G1a: no transaction reads a value that is rolled back', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    await t1.put('x', 101);
    const before = await t2.get('x');
    await t1.rollback();
    const after = await t2.get('x');
    await t2.commit();
    expect(await outcome()).toEqual({ x: 10, y: 20 });
    expect([before.value, after.value]).toEqual([10, 10]);
  });

  it('G1a, predicate: no scan yields a row that is rolled back', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    await t1.put('z', 30);
    await t1.del('y');
    const before = await t2.select();
    await t1.rollback();
    const after = await t2.select();
    await t2.commit();
    expect(await outcome()).toEqual({ x: 10, y: 20 });
    expect([before.value, after.value]).toEqual([
      { x: 10, y: 20 },
      { x: 10, y: 20 },
    ]);
  });

  it('G1b: no transaction reads a value that is overwritten before the commit', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    await t1.put('x', 101);
    const before = await t2.get('x');
    await t1.put('x', 11);
    await t1.commit();
    const after = await t2.get('x');
    await t2.commit();
    expect(await outcome()).toEqual({ x: 11, y: 20 });
    expect([before.value, after.value]).toEqual([11, 11]);
  });

  it('G1b, predicate: no scan yields a value that is overwritten before the commit', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    await t1.put('z', 101);
    const before = await t2.select((value) => value > 100);
    await t1.put('z', 30);
    await t1.commit();
    const after = await t2.select((value) => value > 100);
    await t2.commit();
    expect(await outcome()).toEqual({ x: 10, y: 20, z: 30 });
    expect([before.value, after.value]).toEqual([{}, {}]);
  });
}

/** Checks that no two transactions read uncommitted values from each other (G1c). */
function circularReads(open: Place['open'], it: TestFunctions['it']): void {
  it('G1c: two transactions do not read from each other', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    await t1.put('x', 11);
    await t2.put('y', 22);
    const seenBy1 = await t1.get('y');
    const seenBy2 = await t2.get('x');
    await t1.commit();
    await t2.commit();
    expect(await outcome()).toEqual({ x: 11, y: 20 });
    expect([t1.isCommitted, t2.isCommitted]).toEqual([true, false]);
    expect([seenBy1.value, seenBy2.value]).toEqual([20, undefined]);
  });

  it('G1c, predicate: two scans do not see rows that the other one has not committed yet', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    await t1.put('p', 1);
    await t2.put('q', 2);
    const seenBy1 = await t1.select((value) => value === 2);
    const seenBy2 = await t2.select((value) => value === 1);
    await t1.commit();
    await t2.commit();
    expect(await outcome()).toEqual({ x: 10, y: 20, p: 1 });
    expect([t1.isCommitted, t2.isCommitted]).toEqual([true, false]);
    expect([seenBy1.value, seenBy2.value]).toEqual([{}, undefined]);
  });
}

/** Checks that a transaction that has seen one write of a commit also sees its other writes (OTV). */
function vanishingReads(open: Place['open'], it: TestFunctions['it']): void {
  it('OTV: the effects of a transaction do not vanish after another one has seen them', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2, t3] = clients;
    await t1.put('x', 11);
    await t1.put('y', 19);
    await t2.put('x', 12);
    await t1.commit();
    const first = await t3.get('x');
    await t2.put('y', 18);
    const second = await t3.get('y');
    await t2.commit();
    const [third, fourth] = [await t3.get('y'), await t3.get('x')];
    await t3.commit();
    expect(await outcome()).toEqual({ x: 12, y: 18 });
    expect(t3.isCommitted).toBe(true);
    expect([first, second, third, fourth].map(({ value }) => value)).toEqual([12, 18, 18, 12]);
  });

  it('OTV, predicate: rows of a transaction do not vanish after a scan has seen them', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2, t3] = clients;
    await t1.put('x', 11);
    await t1.put('z', 19);
    await t2.put('x', 12);
    await t1.commit();
    const first = await t3.select((value) => value > 10 && value < 20);
    await t2.del('z');
    const second = await t3.select((value) => value > 10 && value < 20);
    await t2.commit();
    await t3.commit();
    await outcome();
    expect(t3.isCommitted).toBe(true);
    expect(second.value).toEqual(first.value);
    // The second transaction also deletes z, so the scan must see both of its writes or none.
    expect([{ x: 11, z: 19 }, { x: 12 }]).toContainEqual(first.value);
  });
}

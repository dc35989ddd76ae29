import { expect } from 'vitest';
import type { TestFunctions } from '../../../src/testing/suites/test-functions.ts';
import type { Place } from './backend.ts';
import { openScene } from './client.ts';

/** Anomalies of reading and writing what is not committed; see hermitage.test.ts. */
export function dirtyAnomalies({ open }: Omit<Place, 'name'>, { it }: TestFunctions): void {
  dirtyWrites(open, it);
  dirtyReads(open, it);
  circularReads(open, it);
  vanishingReads(open, it);
}

/** Checks that writes of two transactions do not mix (G0). */
function dirtyWrites(open: Place['open'], it: TestFunctions['it']): void {
  it('G0: writes of two transactions are not mixed', async () => {
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

  it('G0, crosswise: two that write in opposite orders do not mix either', async () => {
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

  it('G0, predicate: two updates of all rows do not mix', async () => {
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

/** Checks that no transaction reads what is rolled back or overwritten later (G1a, G1b). */
function dirtyReads(open: Place['open'], it: TestFunctions['it']): void {
  it('G1a: nobody reads what is rolled back', async () => {
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

  it('G1a, predicate: no scan finds what is rolled back', async () => {
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

  it('G1b: nobody reads what is overwritten before the commit', async () => {
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

  it('G1b, predicate: no scan finds what is overwritten before the commit', async () => {
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

/** Checks that no two transactions read from each other (G1c). */
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

  it('G1c, predicate: two scans do not find what the other one is about to commit', async () => {
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

/** Checks that a transaction does not lose sight of a commit that it has seen (OTV). */
function vanishingReads(open: Place['open'], it: TestFunctions['it']): void {
  it('OTV: what a transaction has seen of another does not vanish', async () => {
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

  it('OTV, predicate: what a scan has found of another does not vanish', async () => {
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
    // The second one deletes z, and so is seen as a whole or not at all.
    expect([{ x: 11, z: 19 }, { x: 12 }]).toContainEqual(first.value);
  });
}

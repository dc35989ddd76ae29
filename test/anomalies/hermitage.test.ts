import { describe, expect, it } from 'vitest';
import { LOCKS } from '../conformance/strategy-combinations.ts';
import { openScene } from './client.ts';

/**
 * The anomalies of the Hermitage test suite (Martin Kleppmann, github.com/ept/hermitage), by their names there; write skew has a file of its own.
 * Each schedule is the one that shows the anomaly in a database that has it. Here somebody waits or is rolled
 * back on the way; what is checked is that those who committed did so as if one after the other.
 */
describe.each(LOCKS)('%s', (name, locks) => {
  it('G0: writes of two transactions are not mixed', async () => {
    const { clients, outcome } = await openScene(locks);
    const [t1, t2] = clients;
    await t1.put('x', 11);
    await t2.put('x', 12);
    await t1.put('y', 21);
    await t1.commit();
    await t2.put('y', 22);
    await t2.commit();
    expect(await outcome()).toEqual({ x: 12, y: 22 });
    expect([t1.isCommitted, t2.isCommitted]).toEqual([true, true]);
  });

  it('G0, crosswise: two that write in opposite orders do not mix either', async () => {
    const { clients, outcome } = await openScene(locks);
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

  it('G1a: nobody reads what is rolled back', async () => {
    const { clients, outcome } = await openScene(locks);
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
    const { clients, outcome } = await openScene(locks);
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
    const { clients, outcome } = await openScene(locks);
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

  it('G1c: two transactions do not read from each other', async () => {
    const { clients, outcome } = await openScene(locks);
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

  it('OTV: what a transaction has seen of another does not vanish', async () => {
    const { clients, outcome } = await openScene(locks);
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

  it('PMP: a predicate is true for the same rows throughout', async () => {
    const { clients, outcome } = await openScene(locks);
    const [t1, t2] = clients;
    const before = await t1.select((value) => value === 30);
    await t2.put('z', 30);
    await t2.commit();
    const after = await t1.select((value) => value % 3 === 0);
    await t1.commit();
    expect(await outcome()).toEqual({ x: 10, y: 20, z: 30 });
    expect([before.value, after.value]).toEqual([{}, {}]);
  });

  it('PMP, write predicate: an update takes in all of another or nothing', async () => {
    const { clients, outcome } = await openScene(locks);
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
    // After the first one it is x that is 20.
    expect(await outcome()).toEqual({ y: 30 });
  });

  it('P4: no update is lost', async () => {
    const { clients, outcome } = await openScene(locks);
    const [t1, t2] = clients;
    const [seenBy1, seenBy2] = [await t1.get('x'), await t2.get('x')];
    await t1.put('x', () => (seenBy1.value ?? 0) + 1);
    await t2.put('x', () => (seenBy2.value ?? 0) + 1);
    await t1.commit();
    await t2.commit();
    // Either both could read and one had to go, or the second read what the first committed.
    expect(await outcome()).toEqual({ x: t2.isCommitted ? 12 : 11, y: 20 });
    expect(t1.isCommitted).toBe(true);
    expect(t2.isCommitted).toBe(name === 'mutexLocks');
  });

  it('P4, cursor: rows that are read for update are not lost either', async () => {
    const { clients, outcome } = await openScene(locks);
    const add = (value: number): number => value + 1;
    const [t1, t2] = clients;
    await t1.update(() => true, add);
    await t2.update(() => true, add);
    await t1.commit();
    await t2.commit();
    expect(await outcome()).toEqual({ x: 12, y: 22 });
  });

  it('G-single: no read skew', async () => {
    const { clients, outcome } = await openScene(locks);
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
    const { clients, outcome } = await openScene(locks);
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

  it('G-single, write predicate: a delete by predicate fits what was read before', async () => {
    const { clients, outcome } = await openScene(locks);
    const [t1, t2] = clients;
    const first = await t1.get('x');
    await t2.select();
    await t2.put('x', 12);
    await t2.put('y', 18);
    await t2.commit();
    await t1.update(
      (value) => value === 20,
      () => undefined,
    );
    await t1.commit();
    const committed = await outcome();
    expect(first.value).toBe(10);
    // One after the other: the delete first, or the puts alone, or the delete alone.
    if (t1.isCommitted && t2.isCommitted) expect(committed).toEqual({ x: 12, y: 18 });
    else expect(committed).toEqual(t1.isCommitted ? { x: 10 } : { x: 12, y: 18 });
    expect(t1.isCommitted || t2.isCommitted).toBe(true);
  });

  it('G-single, snapshot: a snapshot has no read skew and stops nobody', async () => {
    const { clients, snapshot, outcome } = await openScene(locks);
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
});

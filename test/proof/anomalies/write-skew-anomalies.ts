import { expect } from 'vitest';
import type { TestFunctions } from '../../../src/testing/suites/test-functions.ts';
import type { Place } from './backend.ts';
import { openScene } from './client.ts';

/** Registers tests for anomalies that only serializability excludes. */
export function writeSkewAnomalies({ open }: Omit<Place, 'name'>, { it }: TestFunctions): void {
  it('G2-item: no write skew', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    await t1.get('x');
    const seenBy2 = await t2.get('x');
    await t1.get('y');
    await t2.get('y');
    await t1.put('x', 11);
    await t2.put('y', 21);
    await t1.commit();
    await t2.commit();
    const committed = await outcome();
    expect(t1.isCommitted).toBe(true);
    // Without shared locks, the second transaction reads after the first has committed.
    if (t2.isCommitted) expect(seenBy2.value).toBe(11);
    else expect(committed).toEqual({ x: 11, y: 20 });
  });

  it('G2: no write skew by predicate', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2] = clients;
    const seenBy1 = await t1.select((value) => value % 3 === 0);
    const seenBy2 = await t2.select((value) => value % 3 === 0);
    await t1.put('z', 30);
    await t2.put('zz', 42);
    await t1.commit();
    await t2.commit();
    const committed = await outcome();
    expect(t1.isCommitted).toBe(true);
    expect(seenBy1.value).toEqual({});
    if (t2.isCommitted) expect(seenBy2.value).toEqual({ z: 30 });
    else expect(committed).toEqual({ x: 10, y: 20, z: 30 });
  });

  it('G2, two edges: a third transaction sees an order that agrees with the others', async () => {
    const { clients, outcome } = await openScene(open);
    const [t1, t2, t3] = clients;
    const seenBy1 = await t1.select();
    await t2.put('y', 25);
    await t2.commit();
    const seenBy3 = await t3.select();
    await t3.commit();
    await t1.put('x', 0);
    await t1.commit();
    await outcome();
    expect(seenBy1.value).toEqual({ x: 10, y: 20 });
    // The first transaction did not see 25, so it precedes the second transaction. A reader that sees 25 must
    // also see the 0.
    if (t1.isCommitted && t3.isCommitted && seenBy3.value?.['y'] === 25) {
      expect(seenBy3.value).toEqual({ x: 0, y: 25 });
    }
    expect([t1.isCommitted, t2.isCommitted, t3.isCommitted].filter(Boolean).length).toBeGreaterThanOrEqual(2);
  });

  it('G2, two edges, snapshot: a snapshot also sees an order that agrees with the others', async () => {
    const { clients, snapshot, outcome } = await openScene(open);
    const [t1, t2] = clients;
    const seenBy1 = await t1.select();
    await t2.put('y', 25);
    await t2.commit();
    const early = await snapshot();
    const seenEarly = await early.select();
    await t1.put('x', 0);
    await t1.commit();
    const late = await snapshot();
    const seenLate = await late.select();
    expect(seenBy1.value).toEqual({ x: 10, y: 20 });
    expect(seenEarly.value).toEqual({ x: 10, y: 20 });
    expect(seenLate.value).toEqual({ x: 0, y: 25 });
    await Promise.all([early.commit(), late.commit()]);
    expect(await outcome()).toEqual({ x: 0, y: 25 });
  });
}

import type { Transaction } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { openPeer } from '../server/peer.ts';
import { serve } from '../server/serve.ts';

const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => `key:${i}`);

async function lockMany(tx: Transaction<Record<string, unknown>>, count: number): Promise<void> {
  await tx.putMany(keys(count).map((key) => [key, 1] as const));
}

describe('LOCKS', () => {
  it('is sent in pages, which the client collects', async () => {
    const { store, port, connect } = await serve();
    const [holder, waiter, scanner] = [await store.begin(), await store.begin(), await store.begin()];
    await lockMany(holder, 5_000);
    const put = waiter.put('key:7', 2);
    const scan = scanner.entries({ prefix: 'key:' }).next();
    const client = await connect();
    const report = await client.locks();
    expect(report.held).toHaveLength(5_000);
    expect(report.waiting).toHaveLength(2);
    expect(report).toEqual(store.locks());

    const peer = await openPeer({ port });
    peer.command('LOCKS', 'CREDIT', '2');
    const [, cursor] = await peer.lines(13);
    expect(cursor).toBe(':1');
    peer.command('NEXT', '1', '4096');
    expect((await peer.lines(3 + 5 * 4_096))[2]).toBe('*4096');
    peer.command('NEXT', '1', '4096');
    const last = await peer.lines(3 + 5 * (5_000 + 2 - 2 - 4_096));
    expect(last[1]).toBe(':0');
    expect(last).toContain('waiting');
    await holder.rollback();
    await put;
    await waiter.rollback();
    await scan;
    await scanner.rollback();
  });

  it('is refused as a single reply if that is too large', async () => {
    const { store, port } = await serve({ limits: { maxReplyBytes: 10_000 } });
    const holder = await store.begin();
    const peer = await openPeer({ port });
    await lockMany(holder, 50);
    expect(await peer.ask('LOCKS')).toMatchObject({ result: { waiting: [] } });
    await lockMany(holder, 1_000);
    expect(await peer.ask('LOCKS')).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await holder.rollback();
  });

  it('is refused as a single reply if that would block other clients', async () => {
    const { store, port } = await serve();
    const holder = await store.begin();
    await lockMany(holder, 65_537);
    const peer = await openPeer({ port });
    const reply = await peer.ask('LOCKS');
    expect(reply).toMatchObject({ code: 'LIMIT_EXCEEDED', mesg: expect.stringContaining('LOCKS SUMMARY') });
    await holder.rollback();
  });

  it('SUMMARY has the counts, the longest wait and the keys with the most waiters', async () => {
    const clock = new FakeClock();
    const { store, port, connect } = await serve({}, { clock });
    const client = await connect();
    expect(await client.lockSummary()).toEqual({
      held: 0,
      exclusive: 0,
      waiting: 0,
      longestWaitMs: undefined,
      contended: [],
      waits: [],
    });
    const holder = await store.begin();
    await lockMany(holder, 3);
    await holder.get('read');
    const waiters = await Promise.all(Array.from({ length: 15 }, () => store.begin()));
    const waits: Promise<unknown>[] = [];
    for (const [index, tx] of waiters.entries()) {
      waits.push(tx.get(index === 0 ? 'key:0' : 'key:1').catch(() => {}));
      clock.advance(10);
    }
    const summary = await client.lockSummary();
    expect(summary).toMatchObject({ held: 4, exclusive: 3, waiting: 15, longestWaitMs: 150 });
    expect(summary.contended).toEqual([
      { key: 'key:1', waiting: 14 },
      { key: 'key:0', waiting: 1 },
    ]);
    expect(summary.waits).toHaveLength(15);
    const peer = await openPeer({ port });
    expect(await peer.ask('LOCKS SUMMARY')).toMatchObject({ result: { held: 4, waiting: 15 } });
    await Promise.all([holder, ...waiters].map((tx) => tx.rollback()));
    await Promise.all(waits);
  });

  it('SUMMARY has the first 100 waits, and the 10 keys with the most waiters', async () => {
    const { store, connect } = await serve();
    const holder = await store.begin();
    await lockMany(holder, 12);
    const waiters = await Promise.all(Array.from({ length: 120 }, () => store.begin()));
    const waits = waiters.map((tx, index) => tx.get(`key:${Math.floor(index / 10)}`));
    const more = await store.begin();
    waits.push(more.get('key:11'));
    const ended = Promise.allSettled(waits);
    const summary = await (await connect()).lockSummary();
    expect(summary.waiting).toBe(121);
    expect(summary.waits).toHaveLength(100);
    expect(summary.contended).toHaveLength(10);
    expect(summary.contended[0]).toEqual({ key: 'key:11', waiting: 11 });
    await Promise.all([holder, more, ...waiters].map((tx) => tx.rollback()));
    await ended;
  });

  it('has a permanently held lock in exactly one page, while other locks come and go', async () => {
    const { store, port } = await serve();
    const [holder, leaver, comer] = [await store.begin(), await store.begin(), await store.begin()];
    const steady = keys(300).map((key) => `steady:${key}`);
    for (const [index, key] of steady.entries()) {
      await leaver.put(`gone:${index}`, 1);
      await holder.put(key, 1);
    }
    const peer = await openPeer({ port });
    peer.command('LOCKS', 'CREDIT', '100');
    const lines = await peer.lines(3 + 5 * 100);
    await leaver.rollback();
    await comer.putMany(keys(300).map((key) => [`come:${key}`, 1] as const));
    for (let cursor = lines[1] ?? ''; cursor !== ':0'; ) {
      peer.command('NEXT', cursor.slice(1), '100');
      const head = await peer.lines(3);
      cursor = head[1] ?? '';
      lines.push(...(await peer.lines(5 * Number(head[2]?.slice(1)))));
    }
    const seen = lines.flatMap((line) => /"key":"(steady:[^"]*)"/.exec(line)?.[1] ?? []);
    expect(seen.sort()).toEqual([...steady].sort());
    await Promise.all([holder.rollback(), comer.rollback()]);
  });

  it('gives other work a turn while it reads many locks', async () => {
    const { store, port } = await serve();
    const holder = await store.begin();
    await lockMany(holder, 60_000);
    const [watcher, other] = [await openPeer({ port }), await openPeer({ port })];
    other.command('PING');
    await other.lines(1);
    const order: string[] = [];
    watcher.command('LOCKS', 'SUMMARY');
    const summary = watcher.lines(1).then(() => order.push('summary'));
    for (let ping = 0; ping < 5; ping++) {
      other.command('PING');
      await other.lines(1);
    }
    order.push('pings');
    await summary;
    expect(order).toEqual(['pings', 'summary']);
    await holder.rollback();
  });
});

import { MemStoreError } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { OutputBuffer } from '../../src/protocol/output-buffer.ts';
import { list, type Reply } from '../../src/protocol/reply.ts';
import {
  ListWriter,
  MAX_WRITTEN_AT_ONCE,
  type RespStyle,
  writeResp,
} from '../../src/protocol/resp-writer.ts';
import { textCodec } from '../../src/protocol/text-codec.ts';
import { BufferedBytes } from '../../src/server/buffered-bytes.ts';
import { ConnectionMemory } from '../../src/server/connection-memory.ts';
import { writeInTurns } from '../../src/server/long-reply.ts';
import { ReplyQueue } from '../../src/server/reply-queue.ts';
import { openPeer } from './peer.ts';
import { serve, until } from './serve.ts';

const ITEMS = 5 * MAX_WRITTEN_AT_ONCE;
const style: RespStyle = { version: 2, codec: textCodec, tagged: false, maxReplyBytes: 2 ** 20 };
const values: readonly Reply[] = Array.from({ length: ITEMS }, (_, index) => ({
  kind: 'value',
  value: index % 3 === 0 ? undefined : `välue ${index}`,
}));

/** A clock that advances at each read, and calls `onTurn` at each yield. */
class SlowClock extends FakeClock {
  turns = 0;
  onTurn: (turn: number) => void = () => {};

  override monotonicMs(): number {
    this.advance(10);
    return super.monotonicMs();
  }

  override yieldTurn(): Promise<void> {
    this.onTurn(++this.turns);
    return super.yieldTurn();
  }
}

/** Returns the memory of a connection that only buffers replies. */
function receiver(ceiling: number) {
  const clock = new SlowClock();
  const all = new BufferedBytes(ceiling, clock);
  const replies = new ReplyQueue();
  const connection = {
    get bufferedBytes() {
      return replies.length;
    },
    flushSoon() {},
    cut() {},
  };
  return { clock, all, replies, memory: new ConnectionMemory(all, style.maxReplyBytes, connection) };
}

describe('a long list', () => {
  it.each([2, 3] as const)(
    'is written in parts, and equals a list that is written at once, in RESP %i',
    (version) => {
      const whole = new OutputBuffer();
      writeResp(whole, list(values), { ...style, version });
      const writer = new ListWriter(values);
      let parts = 1;
      while (!writer.writePart({ ...style, version })) parts++;
      expect(parts).toBe(5);
      expect(writer.output.take().equals(whole.take())).toBe(true);
    },
  );

  it('becomes an error if a later part is too large or cannot be encoded', () => {
    const encode = (): never => {
      throw new MemStoreError('INVALID_VALUE', 'no');
    };
    const codec = { ...textCodec, encode };
    const good: Reply[] = values.map(() => ({ kind: 'integer', value: 7 }));
    const bad: Reply = { kind: 'value', value: 'x' };
    for (const [items, maxReplyBytes, code] of [
      [values, 30_000, 'LIMIT_EXCEEDED'],
      [[...good, bad], 2 ** 20, 'INVALID_VALUE'],
    ] as const) {
      const writer = new ListWriter(items);
      let parts = 1;
      while (!writer.writePart({ ...style, maxReplyBytes, ...(items === values ? {} : { codec }) })) parts++;
      expect(parts).toBeGreaterThan(1);
      expect(writer.output.take().toString()).toMatch(new RegExp(`^-${code} [^\r]*\r\n$`));
    }
  });

  it('gives others a turn after each part, and its bytes are counted meanwhile', async () => {
    const { clock, all, replies, memory } = receiver(2 ** 20);
    const slot = replies.reserve();
    const totals: number[] = [];
    clock.onTurn = () => totals.push(all.total);
    const writer = await writeInTurns({ kind: 'list', items: values }, style, replies, memory, clock);
    expect(clock.turns).toBe(4);
    expect(totals.every((total, index) => total > (totals[index - 1] ?? 0))).toBe(true);
    const { length } = writer.output;
    replies.addList(slot, 0, writer);
    expect(replies.length).toBe(length);
    expect(replies.take().length).toBe(length);
    expect(replies.length).toBe(0);
  });

  it('becomes an error if other connections use up the memory meanwhile', async () => {
    const { clock, all, replies, memory } = receiver(2 ** 20);
    const other = { countedBytes: 0, wake() {}, cut() {} };
    all.add(other);
    clock.onTurn = (turn) => {
      if (turn === 2) all.count(other, 2 ** 20);
    };
    const large = values.map((): Reply => ({ kind: 'value', value: 'x'.repeat(100) }));
    const writer = await writeInTurns({ kind: 'list', items: large }, style, replies, memory, clock);
    expect(writer.output.take().toString()).toMatch(/^-LIMIT_EXCEEDED /);
    expect(clock.turns).toBe(2);
  });

  it('is no longer written when its connection has ended', async () => {
    const { clock, replies, memory } = receiver(2 ** 20);
    clock.onTurn = () => memory.end();
    await writeInTurns({ kind: 'list', items: values }, style, replies, memory, clock);
    expect(clock.turns).toBe(1);
  });

  it('is sent in the order of the requests, and with its tag', async () => {
    const { store, port } = await serve({ limits: { maxArguments: 2 * ITEMS } });
    await store.put('a', 'x');
    const keys = Array.from({ length: ITEMS }, () => 'a');
    const found = keys.flatMap(() => ['$1', 'x']);
    const holder = await store.begin();
    await holder.put('held', 'y');
    const peer = await openPeer({ port });
    peer.command('BEGIN');
    peer.command('BEGIN');
    const [first = '', second = ''] = (await peer.lines(2)).map((line) => line.slice(1));
    peer.command('TX', first, 'GET', 'held');
    peer.command('TX', second, 'MGET', ...keys);
    peer.command('MGET', ...keys);
    peer.command('PING');
    await until(() => store.stats().waitingOperations === 1);
    await holder.commit();
    expect(await peer.lines(2 + 2 * (1 + found.length) + 1)).toEqual([
      '$1',
      'y',
      `*${ITEMS}`,
      ...found,
      `*${ITEMS}`,
      ...found,
      '+PONG',
    ]);
    peer.command('COMMIT', first);
    peer.command('COMMIT', second);
    await peer.lines(2);
    peer.command('MUX', '1');
    await peer.until('max-request-bytes');
    await peer.lines(2);
    peer.command('7', 'MGET', ...keys);
    expect(await peer.lines(3 + found.length)).toEqual(['*2', ':7', `*${ITEMS}`, ...found]);
  });
});

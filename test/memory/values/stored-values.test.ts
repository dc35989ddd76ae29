import { lru } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { openStore } from '../open-store.ts';

const LARGE = new Uint8Array(100_000);

describe('the bytes that a view keeps in memory', () => {
  it('are only its own, even for a small Buffer from a pool', async () => {
    const stored: unknown[] = [];
    const sizeOf = (value: unknown): number => {
      stored.push(value);
      return 1;
    };
    const { store } = openStore({ cache: lru({ maxSize: 10, sizeOf }) });
    await store.put('pooled', Buffer.from('hello'));
    await store.put('nested', { bytes: LARGE.subarray(4, 8) });
    const [pooled, nested] = stored as [Uint8Array, { bytes: Uint8Array }];
    expect([pooled.buffer.byteLength, nested.bytes.buffer.byteLength]).toEqual([5, 4]);
  });

  it('are counted by maxValueSize and lru', async () => {
    const { store } = openStore({ maxValueSize: 1000, cache: lru({ maxSize: 2000 }) });
    await store.put('part', LARGE.subarray(4, 8));
    await store.put('nested', [LARGE.subarray(4, 8)]);
    expect(store.stats().cacheSize).toBeLessThan(600);
    await expect(store.put('whole', LARGE)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('are those of its whole buffer in a store with clone: false', async () => {
    const { store } = openStore({ maxValueSize: 1000, clone: false });
    await expect(store.put('part', LARGE.subarray(4, 8))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await store.put('whole', new Uint8Array(4));
  });

  it('do not grow with a resizable buffer', async () => {
    const { store } = openStore();
    const buffer = Reflect.construct(ArrayBuffer, [4, { maxByteLength: 1000 }]) as ArrayBuffer;
    await store.put('k', { buffer, view: new Uint8Array(buffer) });
    const read = (await store.get('k')) as { buffer: ArrayBuffer; view: Uint8Array };
    expect(read.buffer).toMatchObject({ byteLength: 4, resizable: false });
    expect(read.view.buffer).toMatchObject({ byteLength: 4, resizable: false });
    expect(read.view.buffer).not.toBe(read.buffer);
  });
});

describe('a store with a clone function', () => {
  class Account {
    balance = 1;
    inner: unknown;
  }
  const copyAccount = (value: unknown): unknown => Object.assign(new Account(), value);

  it('keeps instances of classes', async () => {
    const { store } = openStore({ clone: copyAccount as <T>(value: T) => T });
    await store.put('k', new Account());
    expect(await store.get('k')).toBeInstanceOf(Account);
  });

  it('refuses deep values and shared memory, also within class instances', async () => {
    const { store } = openStore({ clone: copyAccount as <T>(value: T) => T });
    const inner: unknown = JSON.parse('['.repeat(500) + ']'.repeat(500));
    const deep = Object.assign(new Account(), { inner });
    await expect(store.put('k', deep)).rejects.toMatchObject({
      code: 'INVALID_VALUE',
      message: 'This value cannot be stored: it is nested 501 levels deep; the limit is 500.',
    });
    const shared = Object.assign(new Account(), { inner: [new SharedArrayBuffer(1)] });
    await expect(store.put('k', shared)).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  });

  it('can be used by an accessor of a value while the value is put', async () => {
    const { store } = openStore({ clone: (value) => value });
    const puts: Promise<void>[] = [];
    const value = {
      first: [new SharedArrayBuffer(1)],
      get again(): number {
        puts.push(store.put('inner', { deep: [[2]] }));
        return 1;
      },
    };
    await expect(store.put('outer', value)).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    await Promise.all(puts);
    expect(await store.get('inner')).toEqual({ deep: [[2]] });
  });
});

it('refuses an endless value that accessors create', async () => {
  const make = (): object => Object.defineProperty({}, 'next', { enumerable: true, get: make });
  const { store } = openStore();
  await expect(store.put('k', make())).rejects.toMatchObject({
    code: 'INVALID_VALUE',
    message: 'This value cannot be stored: it is nested more than 10000 levels deep; the limit is 500.',
  });
});

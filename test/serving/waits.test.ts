import { MemStore } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { textCodec } from '../../src/protocol/text-codec.ts';
import { nodePlatform } from '../../src/server/node-platform.ts';
import { resolveServerOptions } from '../../src/server/server-options.ts';
import type { ServedStore } from '../../src/serving/served-store.ts';
import { Session } from '../../src/serving/session.ts';

const PLAIN = { transactionId: undefined, lockTimeoutMs: undefined, cancellable: false, quiet: false };
const GET = { ...PLAIN, command: { name: 'GET', key: 'a' } } as const;
const SET = { ...PLAIN, command: { name: 'SET', key: 'a', value: 'later', ttl: undefined } } as const;

/** Opens a session whose first signal counts the reads of its `aborted` property. */
async function open() {
  const store = new MemStore();
  await store.put('a', 'x');
  let looks = 0;
  const createController = (): AbortController => {
    const controller = nodePlatform.createController();
    Object.defineProperty(controller.signal, 'aborted', {
      get() {
        looks++;
        return Reflect.get(AbortSignal.prototype, 'aborted', controller.signal);
      },
    });
    return controller;
  };
  const { limits } = resolveServerOptions({});
  const host = { ...nodePlatform, createController, store: store as unknown as ServedStore, limits };
  const session = new Session(
    host,
    textCodec,
    { isShort: false, count: () => {} },
    { delivery: 'none', hasRoom: false, pushBatch: () => {} },
  );
  return { store, session, looks: () => looks };
}

describe('a command without a transaction', () => {
  it('does not check the signal of its session if it need not wait', async () => {
    const { session, looks } = await open();
    expect(session.execute(GET, undefined)).toEqual({ kind: 'value', value: 'x' });
    expect(session.execute(SET, undefined)).toEqual({ kind: 'ok' });
    session.cancel(0);
    expect(session.execute(GET, undefined)).toEqual({ kind: 'value', value: 'later' });
    expect(looks()).toBe(0);
  });

  it('has no effect if it starts after the end of its session', async () => {
    const { store, session } = await open();
    session.end();
    expect(await session.execute(SET, undefined)).toMatchObject({
      kind: 'error',
      error: { code: 'ABORTED' },
    });
    expect(await store.get('a')).toBe('x');
  });
});

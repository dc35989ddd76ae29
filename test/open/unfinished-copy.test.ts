import { MemStore } from 'memstore-tx';
import { copyStore } from 'memstore-tx/open';
import { expect, it, onTestFinished } from 'vitest';

function empty(): MemStore {
  const store = new MemStore();
  onTestFinished(() => store.close());
  return store;
}

async function filled(): Promise<MemStore> {
  const store = empty();
  for (const letter of ['a', 'ab', 'b'])
    await store.putMany(Array.from({ length: 150 }, (_, n) => [`${letter}:${n}`, n]));
  return store;
}

/** Returns a store with an interrupted copy of the keys that start with the prefix. */
async function unfinished(prefix: string): Promise<MemStore> {
  const store = empty();
  const onProgress = (): never => {
    throw new Error('interrupted');
  };
  await expect(copyStore(await filled(), store, { prefix, onProgress })).rejects.toThrow('interrupted');
  return store;
}

async function keysOf(store: MemStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of store.entries()) keys.push(key);
  return keys;
}

/** The prefixes of the interrupted copy and of the requested copy. */
const overlapping: readonly (readonly [interrupted: string, asked: string])[] = [
  ['', 'a'],
  ['a', ''],
  ['a', 'ab'],
  ['ab', 'a'],
];

const same: typeof overlapping = [
  ['', ''],
  ['a', 'a'],
];

it.each([...same, ...overlapping])(
  'a store with an interrupted copy of %j is refused as a source for %j, and nothing is copied',
  async (interrupted, prefix) => {
    const to = empty();
    await expect(copyStore(await unfinished(interrupted), to, { prefix })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/^The source is incomplete: .*interrupted.*again first\.$/),
    });
    expect(await keysOf(to)).toEqual([]);
  },
);

it.each([
  ['', 'a copy into it'],
  ['a', 'a copy of the keys that start with "a" into it'],
])('the refusal names the interrupted copy of %j', async (prefix, copy) => {
  await expect(copyStore(await unfinished(prefix), empty())).rejects.toThrow(
    `The source is incomplete: ${copy} was interrupted. Run that copy again first.`,
  );
});

it.each(overlapping)(
  'a store with an interrupted copy of %j is refused as a destination for %j, and does not change',
  async (interrupted, prefix) => {
    const to = await unfinished(interrupted);
    const before = await keysOf(to);
    await expect(copyStore(await filled(), to, { prefix })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/^The destination is incomplete: .*interrupted.*again first\.$/),
    });
    expect(await keysOf(to)).toEqual(before);
  },
);

it('keys outside of an interrupted copy can be copied, and the interrupted copy can be completed later', async () => {
  const [from, half] = [await filled(), await unfinished('a')];
  await from.put('bb', 1);
  expect(await copyStore(from, half, { prefix: 'b' })).toBe(151);
  const part = empty();
  expect(await copyStore(half, part, { prefix: 'b' })).toBe(151);
  expect(await copyStore(from, half, { prefix: 'a' })).toBe(300);
  const whole = empty();
  expect(await copyStore(half, whole)).toBe(451);
  expect(await keysOf(whole)).toEqual(await keysOf(from));
});

import { assertEqual, assertRejects } from '../../assert.ts';
import { collectKeys } from './collect.ts';
import { KEY_OPERATIONS, ONE_SHOTS } from './operations.ts';
import type { StoreCases } from './store-cases.ts';

const LONG_KEY = 'k'.repeat(100_000);

const ODD_KEYS = [
  '',
  ' ',
  '\0',
  'a\0',
  'a\0\0',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  'e\u0301',
  '\u00e9',
  '\u{1F600}',
  '\u{10FFFF}',
  '\uFFFF',
  'line\r\nbreak',
  '"quoted" \\ key',
];

const NOT_KEYS: readonly unknown[] = [undefined, null, 7, 7n, true, {}, ['k'], Symbol('k'), () => 'k'];
const LONE_SURROGATES = ['\uD800', 'a\uDFFF', '\uDC00\uD800', 'x\uD83Dy'];

export const keys: StoreCases = {
  'unusual keys work like all other keys': async (store) => {
    for (const key of ODD_KEYS) assertEqual(await store.get(key), undefined, `${JSON.stringify(key)} before`);
    const tx = await store.begin();
    for (const [index, key] of ODD_KEYS.entries()) await tx.put(key, index);
    for (const [index, key] of ODD_KEYS.entries()) assertEqual(await tx.get(key), index, JSON.stringify(key));
    await tx.commit();
    assertEqual(await store.getMany(ODD_KEYS), [...ODD_KEYS.keys()], 'committed');
    assertEqual(await collectKeys(store.entries()), ODD_KEYS.toSorted(), 'scanned');
    for (const key of ODD_KEYS) assertEqual(await store.del(key), true, `del of ${JSON.stringify(key)}`);
    assertEqual(await collectKeys(store.entries()), [], 'in the end');
  },

  'a key may be 100,000 code units long': async (store) => {
    await store.put(LONG_KEY, 1);
    assertEqual(await store.get(LONG_KEY), 1, 'get');
    assertEqual(await store.get(LONG_KEY.slice(1)), undefined, 'get of a shorter one');
    assertEqual((await collectKeys(store.entries({ prefix: 'k' })))[0]?.length, LONG_KEY.length, 'scanned');
    assertEqual(await store.del(LONG_KEY), true, 'del');
  },

  // U+10000 is the surrogate pair D800 DC00. It comes before U+FFFF by UTF-16 code unit, but after it in
  // UTF-8.
  'keys are ordered by UTF-16 code unit': async (store) => {
    const inOrder = [
      '',
      '\0',
      'A',
      'B',
      'a',
      'a\0',
      'aa',
      'b',
      '\u00e9',
      '\u{10000}',
      '\u{10FFFF}',
      '\uE000',
      '\uFFFF',
    ];
    await store.putMany(inOrder.toReversed().map((key) => [key, 1] as const));
    const tx = await store.begin();
    assertEqual(await collectKeys(tx.entries()), inOrder, 'in a transaction');
    assertEqual(await collectKeys(store.entries()), inOrder, 'alone');
    assertEqual(await collectKeys(store.entries({ reverse: true })), inOrder.toReversed(), 'in reverse');
    assertEqual(
      await collectKeys(store.entries({ gt: '\u{10FFFF}' })),
      ['\uE000', '\uFFFF'],
      'behind a bound',
    );
    assertEqual(
      await collectKeys(store.entries({ gte: 'b', lt: '\uE000' })),
      inOrder.slice(7, 11),
      'between bounds',
    );
  },

  'a key that is not a string is refused': async (store) => {
    await store.put('k', 1);
    const tx = await store.begin();
    await tx.put('l', 1);
    for (const key of NOT_KEYS as readonly string[]) {
      for (const operation of Object.values(KEY_OPERATIONS))
        await assertRejects(operation(tx, key), 'INVALID_KEY');
      for (const operation of Object.values(ONE_SHOTS))
        await assertRejects(operation(store, key), 'INVALID_KEY');
    }
    await tx.commit();
    assertEqual(await collectKeys(store.entries()), ['k', 'l'], 'the entries afterwards');
    assertEqual(await store.get('k'), 1, 'the earlier value');
  },

  'a key with a lone surrogate cannot be put': async (store) => {
    const tx = await store.begin();
    for (const key of LONE_SURROGATES) {
      await assertRejects(tx.put(key, 1), 'INVALID_KEY');
      await assertRejects(
        tx.putMany([
          ['good', 1],
          [key, 1],
        ]),
        'INVALID_KEY',
      );
      await assertRejects(store.put(key, 1), 'INVALID_KEY');
    }
    assertEqual(await tx.has('good'), false, 'has of another key of the refused putMany');
    await tx.put('k', 1);
    await tx.commit();
    assertEqual(await collectKeys(store.entries()), ['k'], 'the entries afterwards');
  },
};

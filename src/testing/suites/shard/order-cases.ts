import { toKeyRange } from '../../../contract/key-range.ts';
import { assertEqual } from '../../assert.ts';
import { seededRandom } from '../../seeded-random.ts';
import { ODD_KEYS } from './map-cases.ts';
import { ALL_KEYS, type CreateStrategy, type It, ShardBench } from './shard-bench.ts';

const SEEDS = 10;
const LIMITS: readonly number[] = [0, 1, 2, 3, 10, 1000, Infinity];

/** Strings whose order by code unit differs from their order by code point or by language. */
const UNITS: readonly string[] = ['\0', 'A', 'a', 'b', 'ä', '\ud83d\ude00', '\ue000', '\uffff'];

export function orderCases(create: CreateStrategy, it: It): void {
  it('returns no keys if the table is empty', async () => {
    const { table } = new ShardBench(create);
    const ordered = await table.ordered();
    assertEqual(ordered.keysIn(ALL_KEYS, false, Infinity), [], 'forward');
    assertEqual(ordered.keysIn(ALL_KEYS, true, Infinity), [], 'reverse');
    assertEqual(ordered.keysIn({ from: 'a', to: 'b' }, true, 1), [], 'reverse below a bound');
  });

  it('orders keys by UTF-16 code unit', async () => {
    const bench = new ShardBench(create);
    for (const key of [...ODD_KEYS, ...UNITS]) bench.set(key, 1);
    const ordered = await bench.table.ordered();
    bench.compareKeys(ordered);
    bench.compareKeys(ordered, ALL_KEYS, true);
    // The order by code point would be the reverse.
    assertEqual(
      ordered.keysIn({ from: '\ud83d', to: '\ue001' }, false, Infinity),
      ['\ud83d\ude00', '\ud83d\ude00\ud83d\ude00', '\ue000'],
      'keys with and without surrogates',
    );
  });

  it('includes the lower bound and excludes the upper one', async () => {
    const bench = new ShardBench(create);
    for (const key of ['a', 'a\0', 'b', 'b\0', 'c']) bench.set(key, 1);
    const ordered = await bench.table.ordered();
    for (const reverse of [false, true]) {
      for (const from of ['', 'a', 'a\0', 'aa', 'c', 'd']) {
        for (const to of ['', 'a', 'a\0', 'aa', 'b', 'c', 'd', undefined]) {
          for (const limit of LIMITS) bench.compareKeys(ordered, { from, to }, reverse, limit);
        }
      }
    }
  });

  it('accepts lone surrogates as bounds', async () => {
    const bench = new ShardBench(create);
    for (const key of ['a', '\ud7ff', '\ud83d\ude00', '\ud83d\ude01', '\ue000', '\uffff']) bench.set(key, 1);
    const ordered = await bench.table.ordered();
    const bounds = ['\ud800', '\ud83d', '\ud83d\ude01', '\ud83e', '\udc00', '\udfff', undefined];
    for (const reverse of [false, true]) {
      for (const from of bounds) {
        for (const to of bounds) bench.compareKeys(ordered, { from: from ?? '', to }, reverse);
      }
    }
  });

  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`reads random ranges correctly after every later change (seed ${seed})`, () =>
      runRandomly(create, seed));
  }
}

async function runRandomly(create: CreateStrategy, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const anyText = (): string => Array.from({ length: Math.floor(random() * 5) }, () => oneOf(UNITS)).join('');
  const maybe = (text: string): string | undefined => (random() < 0.4 ? text : undefined);
  const bench = new ShardBench(create);
  for (let count = 0; count < 500; count++) bench.set(anyText(), count);

  const ordered = await bench.table.ordered();
  for (let round = 0; round < 200; round++) {
    const range = toKeyRange({
      gt: maybe(anyText()),
      gte: maybe(anyText()),
      lt: maybe(anyText()),
      lte: maybe(anyText()),
      prefix: maybe(anyText()),
    });
    bench.compareKeys(ordered, range, random() < 0.5, oneOf(LIMITS));
    for (let change = 0; change < 10; change++) {
      // Deletes become more frequent with each round, until the table is empty.
      if (random() < 0.5 - round / 300) bench.set(anyText(), round);
      else bench.delete(oneOf([...bench.model.keys(), anyText()]));
    }
  }
  for (const key of [...bench.model.keys()]) bench.delete(key);
  bench.compareKeys(ordered);
  bench.compareKeys(ordered, { from: '', to: 'b' }, true);
  bench.set('again', 1);
  bench.compareKeys(ordered);
  bench.compareKeys(await bench.table.ordered());
}

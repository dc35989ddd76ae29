import { assert, assertEqual } from '../../assert.ts';
import { seededRandom } from '../../seeded-random.ts';
import { type CreateStrategy, hurriedHost, type It, ShardBench } from './shard-bench.ts';

const SEEDS = 20;
const STEPS = 2_000;

/** Keys that break tables based on plain objects, or tables that confuse characters with code units. */
export const ODD_KEYS: readonly string[] = [
  '',
  ' ',
  '\0',
  '0',
  '-1',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  'length',
  'undefined',
  'a',
  'a\0',
  'A',
  'ä',
  'a\u0308',
  '\ud83d\ude00',
  '\ud83d\ude00\ud83d\ude00',
  '\uffff',
  'x'.repeat(100_000),
  `${'x'.repeat(100_000)}y`,
];

export function mapCases(create: CreateStrategy, it: It): void {
  it('is empty at first', () => {
    const { table } = new ShardBench(create);
    assertEqual(table.size, 0, 'size');
    assertEqual(table.get('a'), undefined, 'get of an absent key');
    assertEqual(table.delete('a'), false, 'delete of an absent key');
    assertEqual(table.size, 0, 'size after the delete');
  });

  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`behaves like a Map under random operations (seed ${seed})`, () => runRandomly(create, seed));
  }

  it('keeps values of every kind unchanged', () => {
    const bench = new ShardBench(create);
    const values = [
      0,
      -1,
      1.5,
      2n ** 70n,
      '',
      'text',
      true,
      false,
      null,
      {},
      [],
      new Map(),
      new Uint8Array(3),
    ];
    for (const [at, value] of values.entries()) bench.set(`key ${at}`, value);
    bench.set('NaN', Number.NaN);
    assert(Number.isNaN(bench.table.get('NaN')), 'NaN is NaN');
    bench.delete('NaN');
    bench.compareAll();
  });

  it('distinguishes unusual keys', () => {
    const bench = new ShardBench(create);
    for (const key of ODD_KEYS) bench.compare(key);
    for (const key of ODD_KEYS) bench.set(key, `value of ${key}`);
    bench.compareAll();
    bench.compareShards();
    for (const key of ODD_KEYS) {
      bench.delete(key);
      bench.compare(key);
      bench.compareAll();
    }
  });

  it('finds an entry by an equal key that was concatenated differently', () => {
    const bench = new ShardBench(create);
    const [left, right] = ['a long enough left half', 'a long enough right half'];
    bench.set(left + right, 1);
    bench.compare([left, right].join(''));
    bench.compare(`> ${left}${right}`.slice(2));
  });

  it('creates a separate table for each store', () => {
    const strategy = create();
    const [one, other] = [strategy.create(hurriedHost()), strategy.create(hurriedHost())];
    one.set('a', 1);
    assertEqual([one.size, other.size], [1, 0], 'sizes');
    assertEqual(other.get('a'), undefined, 'the other table');
  });
}

function runRandomly(create: CreateStrategy, seed: number): void {
  const random = seededRandom(seed);
  const bench = new ShardBench(create);
  // A small number of keys leads to overwrites and deletes, a large number leads to growth.
  const keyCount = 10 ** (1 + (seed % 3));
  for (let step = 0; step < STEPS; step++) {
    const key = `key ${Math.floor(random() * keyCount)}`;
    // The table grows and shrinks in turn, so it is sometimes empty.
    const growing = Math.floor(step / 400) % 2 === 0 ? 0.8 : 0.1;
    if (random() < growing) bench.set(key, random());
    else bench.delete(key);
    bench.compare(key);
    if (step % 100 === 0) bench.compareAll();
  }
  bench.compareAll();
  bench.compareShards();
}

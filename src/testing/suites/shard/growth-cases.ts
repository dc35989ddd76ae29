import { assertEqual } from '../../assert.ts';
import { seededRandom } from '../../seeded-random.ts';
import { type CreateStrategy, type It, ShardBench } from './shard-bench.ts';

export function growthCases(create: CreateStrategy, entries: number, it: It): void {
  it(`keeps every entry while it grows to ${entries}`, () => {
    const bench = new ShardBench(create);
    for (let number = 0; number < entries; number++) {
      bench.set(`user:${number}`, number);
      // Also compares an older entry, because a table that is about to change its layout must still find it.
      bench.compare(`user:${Math.floor(number / 2)}`);
      bench.compare(`user:${number + 1}`);
    }
    bench.compareAll();
    bench.compareShards();
  });

  it(`overwrites and deletes while it grows to ${entries} and back`, () => {
    const random = seededRandom(entries);
    const bench = new ShardBench(create);
    const oneOf = (count: number): string => `user:${Math.floor(random() * count)}`;
    for (let number = 0; number < entries; number++) {
      bench.set(`user:${number}`, number);
      if (random() < 0.2) bench.delete(oneOf(number));
      if (random() < 0.2) bench.set(oneOf(number), random());
    }
    bench.compareAll();
    for (const key of [...bench.model.keys()]) bench.delete(key);
    assertEqual(bench.table.size, 0, 'size after deleting all entries');
    bench.set('again', 1);
    bench.compareAll();
    bench.compareShards();
  });

  it(`stays correct while it replaces all of ${entries} entries, twice`, () => {
    const bench = new ShardBench(create);
    for (let number = 0; number < entries; number++) bench.set(`user:${number}`, number);
    for (let number = 0; number < 2 * entries; number++) {
      bench.delete(`user:${number}`);
      bench.set(`user:${number + entries}`, number);
    }
    bench.compareAll();
    for (let number = 0; number < 2 * entries; number += 7) bench.compare(`user:${number}`);
    bench.compareShards();
  });
}

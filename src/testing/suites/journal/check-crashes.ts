import { assert, assertEqual } from '../../assert.ts';
import { seededRandom } from '../../seeded-random.ts';
import type { JournalStorage } from './journal-storage.ts';
import { loadAll, put, reload } from './journal-storage.ts';

const RUNS = 4;
const COMMITS_PER_RUN = 12;

/**
 * Crashes the journal several times during numbered commits, and checks what each restart finds.
 *
 * The commits are started without waiting for each other. Each one writes its number to `last` and to two
 * keys of its own. After a crash, the journal must contain exactly the first `n` commits, each one complete.
 * `n` must not be less than the number of the last acknowledged commit.
 */
export async function checkCrashes(storage: JournalStorage, seed: number): Promise<void> {
  const { crash } = storage;
  assert(crash !== undefined, 'the storage has a crash(), or the suite has the option withoutCrash');
  const random = seededRandom(seed);
  let survived = 0;
  for (let run = 1; run <= RUNS; run++) {
    const acknowledged = await appendSome(storage, survived, random);
    await crash.call(storage, Math.floor(random() * 2 ** 31));
    const where = `after crash ${run} of seed ${seed}`;
    const found = await checkPrefix(storage, where);
    assert(
      found >= acknowledged(),
      `the acknowledged commit ${acknowledged()} is among the ${found} commits found ${where}`,
    );
    survived = found;
  }
}

/**
 * Starts commits and waits for a random number of them.
 * @returns a function that returns the number of the last acknowledged commit
 */
async function appendSome(
  storage: JournalStorage,
  before: number,
  random: () => number,
): Promise<() => number> {
  const journal = storage.strategy().create();
  await loadAll(journal);
  let acknowledged = before;
  const appends: Promise<void>[] = [];
  for (let number = before + 1; number <= before + COMMITS_PER_RUN; number++) {
    const writes = [put('last', number), put(`left:${number}`, number), put(`right:${number}`, number)];
    appends.push(
      journal.append({ transactionId: number, writes }).then(() => {
        acknowledged = Math.max(acknowledged, number);
      }),
    );
  }
  // The random number may be zero, so a crash can also come before the first commit has settled.
  const heardOf = Math.floor(random() * (COMMITS_PER_RUN + 1));
  await Promise.all(appends.slice(0, heardOf));
  return () => acknowledged;
}

/**
 * Checks that the storage contains the first commits, each one complete.
 * @returns the number of the last commit found
 */
async function checkPrefix(storage: JournalStorage, where: string): Promise<number> {
  const found = await reload(storage);
  const last = (found.get('last')?.value ?? 0) as number;
  const expected = new Map<string, number>();
  if (last > 0) expected.set('last', last);
  for (let number = 1; number <= last; number++) {
    expected.set(`left:${number}`, number);
    expected.set(`right:${number}`, number);
  }
  const values = new Map([...found].map(([key, { value }]) => [key, value]));
  assertEqual(values, expected, `the entries found ${where}`);
  return last;
}

import type { Cache, CacheStrategy } from '../../../cache/cache-strategy.ts';
import { assert, assertEqual } from '../../assert.ts';
import { seededRandom } from '../../seeded-random.ts';
import { checkSuiteOptions } from '../check-suite-options.ts';
import type { TestFunctions } from '../test-functions.ts';

/** Options of {@link cacheSuite}. */
export interface CacheSuiteOptions {
  /**
   * The figures that the strategy maintains. `sizes`: the number and the total size of the entries.
   * `entries`: only the number, so that every size is 1 and `totalSize` is always 0. `nothing`: neither, so
   * that the cache is never overfull. The suite cannot detect this, because it cannot distinguish a missing
   * figure from a wrong one.
   * @default 'sizes'
   */
  readonly accounts?: 'sizes' | 'entries' | 'nothing' | undefined;
}

const SEEDS = 20;
const STEPS = 300;
/** The number of entries with which a strategy under test must be overfull. */
const ENTRIES_THAT_OVERFILL = 2000;
const ODD_KEYS = ['', '__proto__', 'constructor', 'toString', '\0', '0', '\u{1f600}', 'long'.repeat(1000)];
const KEYS = [...ODD_KEYS, ...Array.from({ length: 24 }, (_, index) => `key:${index}`)];

/** The sizes of all entries by key, to compare with the figures of the strategy. */
type Model = Map<string, number>;

/**
 * Registers tests that check a cache strategy against its contract, {@link Cache}.
 * @param name the name of the strategy in the titles of the tests
 * @param create returns a strategy that becomes overfull with fewer than 2000 entries. All values it measures
 * are strings.
 * @param tests the functions of the test runner
 * @example
 * ```ts no-run
 * import { describe, it } from 'vitest';
 *
 * cacheSuite('lru', () => lru({ max: 100 }), { describe, it }, { accounts: 'entries' });
 * ```
 */
export function cacheSuite(
  name: string,
  create: () => CacheStrategy,
  tests: TestFunctions,
  options: CacheSuiteOptions = {},
): void {
  checkSuiteOptions(options, ['accounts']);
  const { accounts = 'sizes' } = options;
  tests.describe(`cache strategy ${name}`, () => {
    const fresh = () => create().create();
    tests.it('starts empty', () => checkAccount(fresh(), new Map(), accounts, 'at the start'));
    tests.it('keeps separate figures for every store', () => checkSeparateStores(create(), accounts));
    tests.it('has a default TTL that is positive or undefined', () => {
      const { defaultTtlMs } = fresh();
      assert(defaultTtlMs === undefined || defaultTtlMs > 0, `defaultTtlMs is ${defaultTtlMs}`);
    });
    tests.it('returns the same positive size every time it measures an entry', () =>
      checkMeasure(fresh(), accounts),
    );
    tests.it('ignores reads and removals of unknown keys', () => checkUnknownKeys(fresh(), accounts));
    for (let seed = 1; seed <= SEEDS; seed++) {
      tests.it(`maintains figures that equal a recount after every random operation (seed ${seed})`, () =>
        checkRandomOperations(fresh(), accounts, seed),
      );
    }
    tests.it('reports that a size does not fit exactly if one entry of that size makes it overfull', () =>
      checkFits(fresh),
    );
    if (accounts === 'nothing') return;
    tests.it('becomes overfull, and stops being overfull after enough candidates are removed', () =>
      checkEviction(fresh(), accounts, 0),
    );
    tests.it('yields further candidates if the first ones are locked', () =>
      checkEviction(fresh(), accounts, 3),
    );
    tests.it('keeps its eviction order when candidates are read but not removed', () =>
      checkReadOnly(fresh()),
    );
  });
}

type Accounts = NonNullable<CacheSuiteOptions['accounts']>;

function checkAccount(cache: Cache, model: Model, accounts: Accounts, when: string): void {
  const totalSize = [...model.values()].reduce((sum, size) => sum + size, 0);
  assertEqual(cache.entries, accounts === 'nothing' ? 0 : model.size, `entries ${when}`);
  assertEqual(cache.totalSize, accounts === 'sizes' ? totalSize : 0, `totalSize ${when}`);
  if (accounts === 'nothing') assert(!cache.isOverfull, `not overfull ${when}`);
}

function checkCandidates(cache: Cache, model: Model, when: string): void {
  const candidates = [...cache.candidates()];
  assertEqual(new Set(candidates).size, candidates.length, `the number of different candidates ${when}`);
  for (const key of candidates)
    assert(model.has(key), `candidate ${JSON.stringify(key)} is an entry ${when}`);
}

/** Writes an entry like the store, which rejects values that do not fit. */
function write(cache: Cache, model: Model, key: string, value: string): void {
  const size = cache.sizeOf(key, value);
  if (!cache.fits(size)) return;
  cache.onWrite(key, size);
  model.set(key, size);
}

function remove(cache: Cache, model: Model, key: string): void {
  cache.onRemove(key);
  model.delete(key);
}

function checkSeparateStores(strategy: CacheStrategy, accounts: Accounts): void {
  const one = strategy.create();
  const other = strategy.create();
  const model: Model = new Map();
  write(one, model, 'key', 'value');
  checkAccount(one, model, accounts, 'in the store with the entry');
  checkAccount(other, new Map(), accounts, 'in the other store');
}

function checkMeasure(cache: Cache, accounts: Accounts): void {
  for (const key of KEYS) {
    const size = cache.sizeOf(key, 'value');
    assert(Number.isFinite(size) && size > 0, `the size ${size} is a positive number`);
    assertEqual(cache.sizeOf(key, 'value'), size, 'the size when measured again');
    if (accounts !== 'sizes') assertEqual(size, 1, 'the size if the strategy does not measure sizes');
  }
  checkAccount(cache, new Map(), accounts, 'after measuring without a write');
}

function checkUnknownKeys(cache: Cache, accounts: Accounts): void {
  const model: Model = new Map();
  for (const store of ['an empty store', 'a store with an entry']) {
    cache.onRead('nobody');
    checkAccount(cache, model, accounts, `after reading an unknown key in ${store}`);
    cache.onRemove('nobody');
    checkAccount(cache, model, accounts, `after removing an unknown key in ${store}`);
    checkCandidates(cache, model, `in ${store}`);
    write(cache, model, 'key', 'value');
  }
}

function checkRandomOperations(cache: Cache, accounts: Accounts, seed: number): void {
  const random = seededRandom(seed);
  const model: Model = new Map();
  for (let step = 1; step <= STEPS; step++) {
    const key = KEYS[Math.floor(random() * KEYS.length)] as string;
    const action = random();
    if (action < 0.5) write(cache, model, key, 'x'.repeat(Math.floor(random() * 40)));
    else if (action < 0.7) cache.onRead(key);
    else remove(cache, model, key);
    const when = `at step ${step} of seed ${seed}`;
    checkAccount(cache, model, accounts, when);
    checkCandidates(cache, model, when);
  }
  for (const key of KEYS) remove(cache, model, key);
  checkAccount(cache, model, accounts, `after removing everything, seed ${seed}`);
  assert(!cache.isOverfull, `not overfull when empty, seed ${seed}`);
}

function checkFits(fresh: () => Cache): void {
  for (let size = 1; size <= 2 ** 40; size *= 2) {
    const cache = fresh();
    cache.onWrite('key', size);
    assertEqual(cache.fits(size), !cache.isOverfull, `fits(${size})`);
  }
}

/** Evicts entries like the store, which skips locked entries. */
function checkEviction(cache: Cache, accounts: Accounts, lockedCount: number): void {
  const model: Model = new Map();
  for (let index = 0; index < ENTRIES_THAT_OVERFILL; index++) write(cache, model, `key:${index}`, 'value');
  assert(cache.isOverfull, `overfull with ${ENTRIES_THAT_OVERFILL} entries`);

  const locked = new Set(take(cache.candidates(), lockedCount));
  while (cache.isOverfull) {
    const victim = firstWhere(cache.candidates(), (key) => !locked.has(key));
    if (victim === undefined) {
      assertEqual(model.size, lockedCount, 'entries when only locked candidates are left');
      return;
    }
    assert(model.has(victim), `candidate ${victim} is an entry`);
    remove(cache, model, victim);
    checkAccount(cache, model, accounts, `after the eviction of ${victim}`);
  }
  assert(model.size > 0, 'an entry is left when the cache is no longer overfull');
}

function checkReadOnly(cache: Cache): void {
  const model: Model = new Map();
  for (const key of KEYS) write(cache, model, key, 'value');
  const before = [...cache.candidates()];
  const firstTwo = take(cache.candidates(), 2);
  assertEqual(firstTwo, before.slice(0, 2), 'the first two candidates, read alone');
  assertEqual([...cache.candidates()], before, 'the candidates, read again');
}

function take(keys: Iterable<string>, count: number): string[] {
  const taken: string[] = [];
  if (count === 0) return taken;
  for (const key of keys) {
    taken.push(key);
    if (taken.length === count) break;
  }
  return taken;
}

function firstWhere(keys: Iterable<string>, test: (key: string) => boolean): string | undefined {
  for (const key of keys) if (test(key)) return key;
  return undefined;
}

import { describe, expect, it } from 'vitest';
import { type SnapshotView, VersionHistory } from '../../../src/memory/snapshot/version-history.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';

const EVERYTHING = { from: '', to: undefined };

const noSnapshot = {
  onTooOld(): void {
    throw new Error('no snapshot should be ended here');
  },
};

/** Throws, because the tests that pass this function leave no work for a later turn. */
function noTurn(): never {
  throw new Error('no work should be left here');
}

const put = (key: string): { key: string; value: unknown } => ({ key, value: 'new' });

/** A number of versions that one call does not settle. */
const MANY = 5_000;

function compare(
  history: VersionHistory,
  view: SnapshotView,
  seen: ReadonlyMap<string, unknown>,
  current: ReadonlyMap<string, unknown>,
): void {
  const inHistory = new Set(history.keysIn(EVERYTHING, false, Number.POSITIVE_INFINITY));
  for (let number = 0; number < MANY; number++) {
    const key = `k${number}`;
    const version = history.find(key, view);
    const found = version === undefined ? current.get(key) : version.value;
    if (found !== seen.get(key)) throw new Error(`${key} reads as ${found}, expected ${seen.get(key)}`);
    if (found !== undefined && !current.has(key) && !inHistory.has(key))
      throw new Error(`a scan would miss ${key}`);
  }
}

describe('VersionHistory', () => {
  it('gives each view the version that was current when it was opened', () => {
    const history = new VersionHistory(100, noTurn);
    const first = history.open(1, 0, noSnapshot);
    history.record(put('k'), 'one', undefined, 2);
    const second = history.open(2, 0, noSnapshot);
    history.record(put('k'), 'two', undefined, 3);
    expect(history.find('k', first)?.value).toBe('one');
    expect(history.find('k', second)?.value).toBe('two');
    const third = history.open(3, 0, noSnapshot);
    expect(history.find('k', third)).toBeUndefined();
  });

  it('keeps one version of a key for a long view, however often the key changes', () => {
    const history = new VersionHistory(100, noTurn);
    const long = history.open(1, 0, noSnapshot);
    for (let sequence = 2; sequence < 1000; sequence++)
      history.record(put('k'), sequence - 1, undefined, sequence);
    expect(history.versions).toBe(1);
    expect(history.find('k', long)?.value).toBe(1);
  });

  it('passes versions on to an older view that needs them, and drops unneeded ones', () => {
    const history = new VersionHistory(100, noTurn);
    const older = history.open(1, 0, noSnapshot);
    history.record(put('only newer'), 'a', undefined, 2);
    const newer = history.open(2, 0, noSnapshot);
    history.record(put('both'), 'b', undefined, 3);
    history.record(put('only newer'), 'c', undefined, 4);
    expect(history.versions).toBe(3);
    history.close(newer);
    expect(history.find('both', older)?.value).toBe('b');
    expect(history.find('only newer', older)?.value).toBe('a');
    expect(history.versions).toBe(2);
    history.close(older);
    expect(history.versions).toBe(0);
    expect(history.keysIn(EVERYTHING, false, 10)).toEqual([]);
    expect(history.isActive).toBe(false);
  });

  it('keeps the versions of a newer view when an older one ends', () => {
    const history = new VersionHistory(100, noTurn);
    const older = history.open(1, 0, noSnapshot);
    const newer = history.open(1, 0, noSnapshot);
    history.record(put('k'), 'one', undefined, 2);
    history.close(older);
    expect(history.find('k', newer)?.value).toBe('one');
  });

  it('reports when the oldest view was opened', () => {
    const history = new VersionHistory(100, noTurn);
    const views = [
      history.open(1, 10, noSnapshot),
      history.open(1, 20, noSnapshot),
      history.open(1, 30, noSnapshot),
    ];
    expect(history.oldestBeganMs).toBe(10);
    for (const view of [views[1], views[0]]) if (view !== undefined) history.close(view);
    expect(history.oldestBeganMs).toBe(30);
  });

  it('ends the oldest views until the limit holds', () => {
    const history = new VersionHistory(2, noTurn);
    const givenUp: number[] = [];
    const open = (sequence: number): void => {
      const view = history.open(sequence, 0, {
        onTooOld() {
          givenUp.push(sequence);
          history.close(view);
        },
      });
    };
    open(1);
    history.record(put('a'), 1, undefined, 2);
    history.record(put('b'), 1, undefined, 2);
    history.record(put('c'), 1, undefined, 2);
    open(2);
    history.record(put('a'), 2, undefined, 3);
    history.enforceLimit();
    expect(givenUp).toEqual([1]);
    expect(history.versions).toBe(1);
  });

  it('drops the versions of an ended view in slices, without further calls', async () => {
    const turns: (() => void)[] = [];
    const history = new VersionHistory(1e6, () => new Promise((resolve) => turns.push(resolve)));
    const older = history.open(0, 0, noSnapshot);
    for (let number = 0; number < MANY; number++) history.record(put(`k${number}`), 'old', undefined, 1);
    const long = history.open(1, 0, noSnapshot);
    for (let number = 0; number < MANY; number++) history.record(put(`k${number}`), 'mid', undefined, 2);
    const last = history.open(2, 0, noSnapshot);
    history.close(older);
    history.close(long);
    const left = [history.versions];
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
      turn();
      await Promise.resolve();
      left.push(history.versions);
    }
    const slices = left.map((count, slice) => (left[slice - 1] ?? 2 * MANY) - count);
    expect(Math.max(...slices)).toBeLessThan(MANY);
    expect(left.at(-1)).toBe(0);
    expect(history.find('k1', last)).toBeUndefined();
  });

  it('drops faster than it records while the event loop is blocked', () => {
    const history = new VersionHistory(1e6, () => new Promise(() => {}));
    const long = history.open(0, 0, noSnapshot);
    for (let number = 0; number < MANY; number++) history.record(put(`k${number}`), 'old', undefined, 1);
    const last = history.open(1, 0, noSnapshot);
    history.close(long);
    for (let number = 0; number < MANY; number++) history.record(put(`k${number}`), 'new', undefined, 2);
    expect(history.versions).toBe(MANY);
    expect(history.find('k1', last)?.value).toBe('new');
  });

  it('ends no view because of versions that wait to be dropped', () => {
    const history = new VersionHistory(MANY / 2, () => new Promise(() => {}));
    const long = history.open(0, 0, noSnapshot);
    for (let number = 0; number < MANY; number++) history.record(put(`k${number}`), 'old', undefined, 1);
    const last = history.open(1, 0, noSnapshot);
    history.close(long);
    for (let number = 0; number < 10; number++) {
      history.record(put(`more${number}`), 'old', undefined, 2);
      history.enforceLimit();
    }
    expect(history.find('more1', last)?.value).toBe('old');
    // One long call must not drop all of the old versions either.
    expect(history.versions).toBeGreaterThan(MANY / 2);
  });

  it('ends a view because of needed versions, however many others wait to be dropped', () => {
    const history = new VersionHistory(100, () => new Promise(() => {}));
    const long = history.open(0, 0, noSnapshot);
    for (let number = 0; number < MANY; number++) history.record(put(`k${number}`), 'old', undefined, 1);
    let isGivenUp = false;
    const last = history.open(1, 0, {
      onTooOld() {
        isGivenUp = true;
        history.close(last);
      },
    });
    history.close(long);
    for (let number = 0; number < 101; number++) history.record(put(`more${number}`), 'old', undefined, 2);
    history.enforceLimit();
    expect(isGivenUp).toBe(true);
    expect(history.versions).toBe(0);
  });

  it('ends no view because of versions that an older view turns out not to need', () => {
    const history = new VersionHistory(MANY + 100, () => new Promise(() => {}));
    const oldest = history.open(0, 0, noSnapshot);
    for (let number = 0; number < MANY; number++) history.record(put(`k${number}`), 'first', undefined, 1);
    const middle = history.open(1, 0, noSnapshot);
    for (let number = 0; number < MANY; number++) history.record(put(`k${number}`), 'mid', undefined, 2);
    history.open(2, 0, noSnapshot);
    history.close(middle);
    expect(history.versions).toBeGreaterThan(MANY + 100);
    history.enforceLimit();
    expect(history.versions).toBeLessThanOrEqual(MANY + 100);
    expect(history.find('k0', oldest)?.value).toBe('first');
  });

  // The event loop turns at random times, so views end while earlier ended views are not settled yet.
  it.each([1, 2, 3, 4])('gives every view its versions, in any order of ends (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const pick = (count: number): number => Math.floor(random() * count);
    const turns: (() => void)[] = [];
    const history = new VersionHistory(1e6, () => new Promise((resolve) => turns.push(resolve)));
    const current = new Map<string, unknown>();
    const views: { view: SnapshotView; seen: Map<string, unknown> }[] = [];
    let sequence = 0;
    for (let step = 0; step < 60; step++) {
      if (views.length < 5) {
        const view = history.open(sequence, 0, noSnapshot);
        views.push({ view, seen: new Map(current) });
      }
      for (let writes = pick(2 * MANY); writes > 0; writes--) {
        const key = `k${pick(MANY)}`;
        const value = random() < 0.3 ? undefined : writes;
        history.record({ key, value }, current.get(key), undefined, ++sequence);
        if (value === undefined) current.delete(key);
        else current.set(key, value);
      }
      if (random() < 0.7 && views.length > 1) {
        const [ended] = views.splice(pick(views.length), 1);
        if (ended !== undefined) history.close(ended.view);
      }
      if (seed % 2 === 0 && random() < 0.3) turns.shift()?.();
      await Promise.resolve();
      if (step % 6 === 0) for (const { view, seen } of views) compare(history, view, seen, current);
    }
    while (views.length > 1) for (const { view } of views.splice(0, 1)) history.close(view);
    for (const { view, seen } of views) {
      compare(history, view, seen, current);
      while (turns.length > 0) {
        turns.shift()?.();
        await Promise.resolve();
      }
      compare(history, view, seen, current);
      // Only the versions that this view reads are left.
      let needed = 0;
      for (let number = 0; number < MANY; number++)
        if (history.find(`k${number}`, view) !== undefined) needed++;
      expect(history.versions).toBe(needed);
      for (const key of history.keysIn(EVERYTHING, false, MANY))
        if (history.find(key, view) === undefined) throw new Error(`the history still keeps ${key}`);
      history.close(view);
    }
    expect(history.versions).toBe(0);
  });
});

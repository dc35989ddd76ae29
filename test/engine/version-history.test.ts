import { describe, expect, it } from 'vitest';
import { VersionHistory } from '../../src/engine/version-history.ts';

const EVERYTHING = { from: '', to: undefined };

function noSnapshot(): void {
  throw new Error('no snapshot should be given up here');
}

describe('VersionHistory', () => {
  it('gives each view the version that was current when it was opened', () => {
    const history = new VersionHistory(100);
    const first = history.open(1, 0, noSnapshot);
    history.record('k', 'one', undefined, 2);
    const second = history.open(2, 0, noSnapshot);
    history.record('k', 'two', undefined, 3);
    expect(history.find('k', first)?.value).toBe('one');
    expect(history.find('k', second)?.value).toBe('two');
    const third = history.open(3, 0, noSnapshot);
    expect(history.find('k', third)).toBeUndefined();
  });

  it('keeps one version of a key for a long view, however often the key changes', () => {
    const history = new VersionHistory(100);
    const long = history.open(1, 0, noSnapshot);
    for (let sequence = 2; sequence < 1000; sequence++)
      history.record('k', sequence - 1, undefined, sequence);
    expect(history.versions).toBe(1);
    expect(history.find('k', long)?.value).toBe(1);
  });

  it('hands versions down to the older view that needs them, and drops those that nobody needs', () => {
    const history = new VersionHistory(100);
    const older = history.open(1, 0, noSnapshot);
    history.record('only newer', 'a', undefined, 2);
    const newer = history.open(2, 0, noSnapshot);
    history.record('both', 'b', undefined, 3);
    history.record('only newer', 'c', undefined, 4);
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

  it('keeps what a newer view needs when the older one ends', () => {
    const history = new VersionHistory(100);
    const older = history.open(1, 0, noSnapshot);
    const newer = history.open(1, 0, noSnapshot);
    history.record('k', 'one', undefined, 2);
    history.close(older);
    expect(history.find('k', newer)?.value).toBe('one');
  });

  it('knows when the oldest view was opened', () => {
    const history = new VersionHistory(100);
    const views = [
      history.open(1, 10, noSnapshot),
      history.open(1, 20, noSnapshot),
      history.open(1, 30, noSnapshot),
    ];
    expect(history.oldestBeganMs).toBe(10);
    for (const view of [views[1], views[0]]) if (view !== undefined) history.close(view);
    expect(history.oldestBeganMs).toBe(30);
  });

  it('gives up the oldest views until the limit is kept', () => {
    const history = new VersionHistory(2);
    const givenUp: number[] = [];
    const open = (sequence: number): void => {
      const view = history.open(sequence, 0, () => {
        givenUp.push(sequence);
        history.close(view);
      });
    };
    open(1);
    history.record('a', 1, undefined, 2);
    history.record('b', 1, undefined, 2);
    history.record('c', 1, undefined, 2);
    open(2);
    history.record('a', 2, undefined, 3);
    history.enforceLimit();
    expect(givenUp).toEqual([1]);
    expect(history.versions).toBe(1);
  });
});

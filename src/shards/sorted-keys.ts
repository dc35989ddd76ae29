import sortedBTree from 'sorted-btree';
import type { KeyRange } from '../key-range.ts';

// Loaders disagree on what the default export of a CommonJS module with `__esModule` is: Node gives the
// module, some bundlers its `default`. Either has to work.
const BTree = ((sortedBTree as Partial<typeof sortedBTree>).default ??
  sortedBTree) as typeof sortedBTree.default;

/** A B+ tree whose keys are in UTF-16 code unit order. */
export type KeyTree<V> = sortedBTree.default<string, V>;

/** Measured with 10^6 short keys: as fast as the library's default of 32, and a quarter less memory. */
const NODE_SIZE = 64;

export function createKeyTree<V>(): KeyTree<V> {
  return new BTree<string, V>(undefined, compareKeys, NODE_SIZE);
}

// JavaScript's own order of strings, which is by code unit. Comparing is most of the work of a tree, and
// asking for equality second is a quarter faster than asking for `>`, since most unequal strings differ in
// length or hash already.
function compareKeys(left: string, right: string): number {
  return left < right ? -1 : left === right ? 0 : 1;
}

/**
 * Appends keys of the range to `found` until there are `limit` of them: from the first on, or with
 * `reverse` from the last back.
 */
export function collectKeys(
  tree: KeyTree<unknown>,
  range: KeyRange,
  reverse: boolean,
  limit: number,
  found: string[],
): void {
  if (reverse) collectDescending(tree, range, limit, found);
  else collectAscending(tree, range, limit, found);
}

type Pair = [key: string, value: unknown];

function collectAscending(tree: KeyTree<unknown>, range: KeyRange, limit: number, found: string[]): void {
  const pairs = tree.entries(range.from, ['', undefined]) as Iterator<Pair, undefined>;
  while (found.length < limit) {
    const pair = pairs.next().value;
    if (pair === undefined || (range.to !== undefined && pair[0] >= range.to)) return;
    found.push(pair[0]);
  }
}

function collectDescending(tree: KeyTree<unknown>, range: KeyRange, limit: number, found: string[]): void {
  const pairs = tree.entriesReversed(range.to, ['', undefined], true) as Iterator<Pair, undefined>;
  while (found.length < limit) {
    const pair = pairs.next().value;
    if (pair === undefined || pair[0] < range.from) return;
    found.push(pair[0]);
  }
}

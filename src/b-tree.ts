import sortedBTree from 'sorted-btree';
import type { KeyRange } from './key-range.ts';

export type BTree<K, V> = sortedBTree.default<K, V>;

/**
 * The B+ tree of `sorted-btree`. The package is CommonJS with an `__esModule` mark: Node hands over its whole
 * export object as the default import, bundlers that honour the mark hand over the class itself.
 */
export const BTree: typeof sortedBTree.default = 'default' in sortedBTree ? sortedBTree.default : sortedBTree;

/** Orders strings by UTF-16 code unit, as JavaScript does. */
export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The first `limit` keys of a range, ascending; with `reverse` the last ones, descending. */
export function keysInTree<V>(
  tree: BTree<string, V>,
  range: KeyRange,
  reverse: boolean,
  limit: number,
): string[] {
  const keys: string[] = [];
  if (limit <= 0) return keys;
  if (reverse) {
    // The upper bound is not part of the range, which is what the last argument says.
    for (const [key] of tree.entriesReversed(range.to, undefined, true)) {
      if (key < range.from || keys.push(key) >= limit) break;
    }
  } else {
    for (const [key] of tree.entries(range.from)) {
      if ((range.to !== undefined && key >= range.to) || keys.push(key) >= limit) break;
    }
  }
  return keys;
}

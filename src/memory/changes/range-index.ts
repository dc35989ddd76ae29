import type { KeyRange } from '../../contract/key-range.ts';

/** An item of the index, found by its range. */
interface Ranged {
  readonly range: KeyRange;
}

/** A node of the treap. A treap is a search tree by lower bound, and a heap by priority. */
interface Node<Item extends Ranged> {
  readonly item: Item;
  readonly priority: number;
  left: Node<Item> | undefined;
  right: Node<Item> | undefined;
  /** The greatest upper bound in this part of the tree; undefined if one of the ranges has no end. */
  maxTo: string | undefined;
}

/**
 * An index of items by their key ranges, which are distinct. `find` visits only nodes on the way to a key, so
 * 1,000 ranges elsewhere cost ten comparisons. The index also keeps the last answer, and the interval of keys
 * for which that answer holds. So writes far from every range cost two comparisons.
 */
export class RangeIndex<Item extends Ranged> {
  #root: Node<Item> | undefined = undefined;
  #seed = 1;
  /** The answer for every key of the last interval. */
  #found: readonly Item[] = [];
  #from = '';
  /** Undefined for an interval without an end. */
  #to: string | undefined = undefined;

  /** Adds an item. REQUIRES: its range is not empty, and no other item has this range. */
  add(item: Item): void {
    // Marsaglia's xorshift: priorities must look random, and tests must run the same every time.
    this.#seed ^= this.#seed << 13;
    this.#seed ^= this.#seed >>> 17;
    this.#seed ^= this.#seed << 5;
    const { to } = item.range;
    this.#root = insert(this.#root, {
      item,
      priority: this.#seed,
      left: undefined,
      right: undefined,
      maxTo: to,
    });
    this.#forget();
  }

  /** Deletes the item with this range. */
  delete(range: KeyRange): void {
    this.#root = remove(this.#root, range);
    this.#forget();
  }

  /** Returns the items whose ranges contain the key. */
  find(key: string): readonly Item[] {
    if (key >= this.#from && (this.#to === undefined || key < this.#to)) return this.#found;
    const found: Item[] = [];
    this.#from = '';
    this.#to = undefined;
    this.#visit(this.#root, key, found);
    this.#found = found;
    return found;
  }

  /** Collects the items for a key, and narrows the interval to the keys with the same answer. */
  #visit(node: Node<Item> | undefined, key: string, found: Item[]): void {
    if (node === undefined) return;
    if (node.maxTo !== undefined && key >= node.maxTo) {
      this.#startAt(node.maxTo);
      return;
    }
    this.#visit(node.left, key, found);
    const { from, to } = node.item.range;
    if (key < from) {
      this.#endAt(from);
      return;
    }
    this.#startAt(from);
    if (to !== undefined && key >= to) {
      this.#startAt(to);
    } else {
      found.push(node.item);
      if (to !== undefined) this.#endAt(to);
    }
    this.#visit(node.right, key, found);
  }

  #startAt(bound: string): void {
    if (bound > this.#from) this.#from = bound;
  }

  #endAt(bound: string): void {
    if (this.#to === undefined || bound < this.#to) this.#to = bound;
  }

  #forget(): void {
    this.#found = [];
    this.#from = '';
    // No key is less than '', so the empty interval makes the next call search. An empty index needs no
    // search.
    this.#to = this.#root === undefined ? undefined : '';
  }
}

/** Returns the order of two ranges: by the lower bound, then by the upper bound. */
function compareRanges(left: KeyRange, right: KeyRange): number {
  if (left.from !== right.from) return left.from < right.from ? -1 : 1;
  if (left.to === right.to) return 0;
  if (left.to === undefined) return 1;
  return right.to === undefined || left.to < right.to ? -1 : 1;
}

function insert<Item extends Ranged>(node: Node<Item> | undefined, added: Node<Item>): Node<Item> {
  if (node === undefined) return added;
  if (added.priority > node.priority) {
    [added.left, added.right] = split(node, added.item.range);
    return update(added);
  }
  if (compareRanges(added.item.range, node.item.range) < 0) node.left = insert(node.left, added);
  else node.right = insert(node.right, added);
  return update(node);
}

/** Returns the nodes before a range, and the nodes after that range. */
function split<Item extends Ranged>(
  node: Node<Item> | undefined,
  range: KeyRange,
): [before: Node<Item> | undefined, behind: Node<Item> | undefined] {
  if (node === undefined) return [undefined, undefined];
  if (compareRanges(node.item.range, range) < 0) {
    const [before, behind] = split(node.right, range);
    node.right = before;
    return [update(node), behind];
  }
  const [before, behind] = split(node.left, range);
  node.left = behind;
  return [before, update(node)];
}

function remove<Item extends Ranged>(node: Node<Item> | undefined, range: KeyRange): Node<Item> | undefined {
  if (node === undefined) return undefined;
  const order = compareRanges(range, node.item.range);
  if (order === 0) return merge(node.left, node.right);
  if (order < 0) node.left = remove(node.left, range);
  else node.right = remove(node.right, range);
  return update(node);
}

/** Joins two trees. REQUIRES: every range of `left` is before every range of `right`. */
function merge<Item extends Ranged>(
  left: Node<Item> | undefined,
  right: Node<Item> | undefined,
): Node<Item> | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  if (left.priority > right.priority) {
    left.right = merge(left.right, right);
    return update(left);
  }
  right.left = merge(left, right.left);
  return update(right);
}

function update<Item extends Ranged>(node: Node<Item>): Node<Item> {
  node.maxTo = later(node.item.range.to, later(maxToOf(node.left), maxToOf(node.right)));
  return node;
}

/** Returns the greatest upper bound in a part of the tree. An empty part ends before every key. */
function maxToOf<Item extends Ranged>(node: Node<Item> | undefined): string | undefined {
  return node === undefined ? '' : node.maxTo;
}

function later(left: string | undefined, right: string | undefined): string | undefined {
  if (left === undefined || right === undefined) return undefined;
  return left > right ? left : right;
}

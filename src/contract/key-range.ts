/**
 * A half-open interval of keys: `from <= key < to`, in UTF-16 code unit order. If `to` is undefined, the
 * interval has no upper end.
 *
 * This form can express every bound, because in this order `k + '\0'` is the key directly after `k`. So `gt:
 * k` is `from: k + '\0'`, and `lte: k` is `to: k + '\0'`.
 */
export interface KeyRange {
  /** The first key of the range. */
  readonly from: string;
  /** The first key after the range, or `undefined` if the range has no upper end. */
  readonly to: string | undefined;
}

/** The bounds of a range, as in `entries({ gte: 'a', lt: 'b' })`. Keys compare by UTF-16 code unit. */
export interface RangeBounds {
  /** Reads only keys greater than this key. @default no lower bound */
  readonly gt?: string | undefined;
  /** Reads only keys greater than or equal to this key. @default no lower bound */
  readonly gte?: string | undefined;
  /** Reads only keys less than this key. @default no upper bound */
  readonly lt?: string | undefined;
  /** Reads only keys less than or equal to this key. @default no upper bound */
  readonly lte?: string | undefined;
  /** Reads only keys that start with this prefix. @default '': every key */
  readonly prefix?: string | undefined;
}

/** Returns the key directly after `key` in code unit order. */
export function keyAfter(key: string): string {
  return `${key}\0`;
}

/** Returns the first key after all keys that start with `prefix`, or `undefined` if no key follows them. */
function endOfPrefix(prefix: string): string | undefined {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const unit = prefix.charCodeAt(last);
    if (unit < 0xffff) return prefix.slice(0, last) + String.fromCharCode(unit + 1);
  }
  return undefined;
}

/** Returns the interval of the keys that satisfy all bounds. It may be empty. */
export function toKeyRange(bounds: RangeBounds): KeyRange {
  let from = bounds.prefix ?? '';
  if (bounds.gte !== undefined && bounds.gte > from) from = bounds.gte;
  if (bounds.gt !== undefined && keyAfter(bounds.gt) > from) from = keyAfter(bounds.gt);

  let to = bounds.prefix === undefined ? undefined : endOfPrefix(bounds.prefix);
  if (bounds.lt !== undefined && (to === undefined || bounds.lt < to)) to = bounds.lt;
  if (bounds.lte !== undefined && (to === undefined || keyAfter(bounds.lte) < to)) to = keyAfter(bounds.lte);
  return { from, to };
}

export function isEmptyRange(range: KeyRange): boolean {
  return range.to !== undefined && range.to <= range.from;
}

export function covers(range: KeyRange, key: string): boolean {
  return key >= range.from && (range.to === undefined || key < range.to);
}

/** Returns whether every key of `inner` is in `outer`. */
export function coversRange(outer: KeyRange, inner: KeyRange): boolean {
  return (
    inner.from >= outer.from && (outer.to === undefined || (inner.to !== undefined && inner.to <= outer.to))
  );
}

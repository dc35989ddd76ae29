/**
 * A half-open interval of keys: `from <= key < to`, in UTF-16 code unit order; without `to` it has no end.
 *
 * Every bound a caller can ask for has this one form, because in this order the key that follows `k`
 * directly is `k + '\0'`. So `gt: k` is `from: k + '\0'` and `lte: k` is `to: k + '\0'`.
 */
export interface KeyRange {
  readonly from: string;
  readonly to: string | undefined;
}

/** The bounds that a caller gives, as in `entries({ gte: 'a', lt: 'b' })`. */
export interface RangeBounds {
  readonly gt?: string | undefined;
  readonly gte?: string | undefined;
  readonly lt?: string | undefined;
  readonly lte?: string | undefined;
  readonly prefix?: string | undefined;
}

/** The key that follows `key` directly in code unit order. */
export function keyAfter(key: string): string {
  return `${key}\0`;
}

/** The first key behind all those that start with `prefix`, or undefined when none is. */
function endOfPrefix(prefix: string): string | undefined {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const unit = prefix.charCodeAt(last);
    if (unit < 0xffff) return prefix.slice(0, last) + String.fromCharCode(unit + 1);
  }
  return undefined;
}

/** The one interval that satisfies all the bounds; it may be empty. */
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

/** True when every key of `inner` is in `outer`. */
export function coversRange(outer: KeyRange, inner: KeyRange): boolean {
  return (
    inner.from >= outer.from && (outer.to === undefined || (inner.to !== undefined && inner.to <= outer.to))
  );
}

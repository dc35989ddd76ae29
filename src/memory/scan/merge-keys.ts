/**
 * Merges two sorted lists of keys, and returns the first `limit` keys without duplicates. Both lists are
 * descending if `reverse`.
 */
export function mergeKeys(
  left: readonly string[],
  right: readonly string[],
  reverse: boolean,
  limit: number,
): string[] {
  const merged: string[] = [];
  let l = 0;
  let r = 0;
  while (merged.length < limit) {
    const a = left[l];
    const b = right[r];
    if (a === undefined && b === undefined) break;
    if (b === undefined || (a !== undefined && (reverse ? a >= b : a <= b))) {
      l++;
      if (a === b) r++;
      merged.push(a as string);
    } else {
      r++;
      merged.push(b);
    }
  }
  return merged;
}

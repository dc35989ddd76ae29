/**
 * Whoever comes after one that fills the caches finds nothing in them, so that nobody must always come after
 * the same one.
 */
export function inSomeOrder<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

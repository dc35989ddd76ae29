/**
 * Returns the items in random order. A measurement that runs after one that fills the CPU caches is slower,
 * so the order must not always be the same.
 */
export function inSomeOrder<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

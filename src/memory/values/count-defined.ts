/** Returns how many of the values are present. */
export function countDefined(values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined).length;
}

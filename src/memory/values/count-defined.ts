/** Returns how many of the values are defined. */
export function countDefined(values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined).length;
}

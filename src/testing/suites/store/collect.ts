/** Returns all items that a scan yields. */
export async function collect<T>(scanned: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of scanned) all.push(one);
  return all;
}

/** Returns the keys that a scan yields. */
export async function collectKeys(scanned: AsyncIterable<readonly [string, unknown]>): Promise<string[]> {
  return (await collect(scanned)).map(([key]) => key);
}

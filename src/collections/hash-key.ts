const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Returns a 32-bit hash of a key: FNV-1a (Fowler, Noll, Vo) over UTF-16 code units instead of bytes, followed
 * by the finalizer of MurmurHash3. The lowest bits select shards, stripes and partitions. With FNV-1a alone,
 * these bits would depend only on the lowest bits of each code unit.
 */
export function hashKey(key: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), FNV_PRIME);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

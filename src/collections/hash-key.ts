const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * A 32-bit hash of a key: FNV-1a (Fowler, Noll, Vo), taking a UTF-16 code unit where the original takes a
 * byte, and then the finalizer of MurmurHash3. Shards, stripes and partitions are chosen by the lowest bits,
 * and FNV-1a alone leaves those depending on the lowest bits of each unit only.
 */
export function hashKey(key: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), FNV_PRIME);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

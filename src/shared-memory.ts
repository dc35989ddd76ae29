// Of values with more objects than this is noted where the walk has been: they may contain themselves.
const MOST_OBJECTS = 1_000;
/** A longer array may be nearly all holes, and then its names are fewer. */
const LONGEST_BY_INDEX = 1_000_000;

export const SHARED_MEMORY = 'it contains a SharedArrayBuffer, which others could change where it is stored';

/** What is still to be looked at. One for all walks, since none of them waits, and so that a small value allocates nothing. */
const pending: object[] = [];

/**
 * Whether a value contains a `SharedArrayBuffer` or a view of one. The platform clones them by reference, or not at all.
 */
export function hasSharedMemory(value: unknown): boolean {
  // Pages that are not isolated have none.
  if (typeof value !== 'object' || value === null || typeof SharedArrayBuffer === 'undefined') return false;
  let visited: Set<object> | undefined;
  let objects = 0;
  pending.push(value);
  try {
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (++objects > MOST_OBJECTS) {
        visited ??= new Set();
        if (visited.has(next)) continue;
        visited.add(next);
      }
      if (ArrayBuffer.isView(next) ? next.buffer instanceof SharedArrayBuffer : isShared(next)) return true;
    }
    return false;
  } finally {
    pending.length = 0;
  }
}

/** Whether it is shared itself; its parts are looked at later. */
function isShared(value: object): boolean {
  if (value instanceof SharedArrayBuffer) return true;
  if (value instanceof Map) {
    for (const [key, item] of value) {
      add(key);
      add(item);
    }
  } else if (value instanceof Set || (Array.isArray(value) && value.length <= LONGEST_BY_INDEX)) {
    for (const item of value) add(item);
  } else {
    for (const name in value) add((value as Record<string, unknown>)[name]);
  }
  return false;
}

function add(part: unknown): void {
  if (typeof part === 'object' && part !== null) pending.push(part);
}

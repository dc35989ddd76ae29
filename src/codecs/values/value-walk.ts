import { kindOf } from './value-kinds.ts';

/**
 * The maximum nesting depth of a value: `1` has no level, `[]` has one, and `[[]]` has two. Cloning,
 * MessagePack and the journal are recursive. At this depth, they need a third of a 1 MiB stack.
 */
const MAX_DEPTH = 500;
/** The walk stops at this depth, because getters can make a value endless. */
const DEEPEST_MEASURED = 10_000;
/**
 * After this many objects, the walk starts again and records visited objects, because the value may contain
 * itself.
 */
const MAX_UNTRACKED_OBJECTS = 1_000;

/**
 * The flag for a view that covers only a part of its buffer, or shares its buffer with another part of the
 * value.
 */
const PARTIAL_VIEWS = 1;
/**
 * The flag for an object that `structuredClone` may change or refuse: a class instance, an error, or a
 * resizable buffer.
 */
export const FOREIGN_OBJECTS = 2;

/** The result of a walk that cannot tell whether the value is deep or contains itself. */
const UNDECIDED = -1;

/** Visits every object of a value without recursion, in the same order as serializers do. */
export class ValueWalk {
  readonly #pending: object[] = [];
  /** The depth of each pending object. */
  readonly #depths: number[] = [];
  /** The visited objects. Undefined in the first walk, which may visit an object several times. */
  #visited: Set<object> | undefined;
  #isOwnCopy = false;
  /** The depth of the values that are passed to `#add`. */
  #depth = 0;
  #found = 0;
  #firstBuffer: unknown;
  #buffers: Set<unknown> | undefined;

  /** Runs the walk. See `inspectValue`. The same object can run several walks, one after the other. */
  run(value: object, isOwnCopy: boolean): number {
    this.#isOwnCopy = isOwnCopy;
    const found = this.#walk(value);
    if (found !== UNDECIDED) return found;
    this.#visited = new Set();
    return this.#walk(value);
  }

  #walk(root: object): number {
    const visited = this.#visited;
    let objects = 0;
    let deepest = 0;
    try {
      let object: object | undefined = root;
      for (
        let depth = 1;
        object !== undefined;
        object = this.#pending.pop(), depth = this.#depths.pop() ?? 0
      ) {
        if (visited === undefined) {
          if (++objects > MAX_UNTRACKED_OBJECTS || depth > MAX_DEPTH) return UNDECIDED;
        } else {
          if (visited.has(object)) continue;
          visited.add(object);
          if (depth > deepest) deepest = depth;
          if (depth > DEEPEST_MEASURED) break;
        }
        this.#depth = depth + 1;
        this.#visit(object);
      }
      if (deepest > MAX_DEPTH) throw tooDeep(deepest);
      return this.#found;
    } finally {
      this.#reset();
    }
  }

  #reset(): void {
    // The lists are empty unless the walk ended early. Setting `length` discards their capacity, so avoid it.
    if (this.#pending.length > 0) this.#pending.length = this.#depths.length = 0;
    this.#visited = undefined;
    this.#found = 0;
    this.#firstBuffer = undefined;
    this.#buffers = undefined;
  }

  #visit(object: object): void {
    const prototype: object | null = Object.getPrototypeOf(object);
    const kind = prototype === Object.prototype ? 'object' : kindOf(prototype);
    const first = this.#pending.length;
    switch (kind) {
      case 'object':
        for (const name in object) this.#add((object as Record<string, unknown>)[name]);
        break;
      case 'array':
        // Include named properties of the array. Listing the values is ten times faster than listing the
        // names.
        for (const item of Object.values(object)) this.#add(item);
        break;
      case 'map':
        for (const [key, item] of object as Map<unknown, unknown>) {
          this.#add(key);
          this.#add(item);
        }
        break;
      case 'set':
        for (const item of object as Set<unknown>) this.#add(item);
        break;
      case 'error':
        // The platform can serialize an error whose cause refers back to it, but cannot read it back.
        if (!this.#isOwnCopy) this.#found |= FOREIGN_OBJECTS;
        this.#add((object as Error).cause);
        break;
      case 'buffer':
        this.#noteBuffer(object as ArrayBuffer);
        break;
      case 'view':
        this.#noteView(object as ArrayBufferView);
        break;
      case 'leaf':
        break;
      default:
        this.#visitForeign(object, prototype);
    }
    // The walk visits the last added object next, but serializers begin with the first. So reverse the list.
    if (this.#visited !== undefined) reverseFrom(this.#pending, first);
  }

  #add(part: unknown): void {
    if (typeof part !== 'object' || part === null) return;
    this.#pending.push(part);
    this.#depths.push(this.#depth);
  }

  #visitForeign(object: object, prototype: object | null): void {
    if (ArrayBuffer.isView(object)) {
      this.#noteView(object);
      return;
    }
    if (isShared(object)) throw sharedMemory();
    if (this.#isOwnCopy) throw unknownClass(prototype);
    this.#found |= FOREIGN_OBJECTS;
    if (object instanceof Map) for (const pair of object) for (const part of pair) this.#add(part);
    else if (object instanceof Set) for (const item of object) this.#add(item);
    else if (object instanceof Error) this.#add(object.cause);
    for (const part of Object.values(object)) this.#add(part);
  }

  #noteView(view: ArrayBufferView): void {
    const { buffer } = view;
    if (isShared(buffer)) throw sharedMemory();
    if (view.byteLength !== buffer.byteLength || isResizable(buffer)) this.#found |= PARTIAL_VIEWS;
    this.#noteUse(buffer);
  }

  #noteBuffer(buffer: ArrayBuffer): void {
    if (isResizable(buffer)) this.#found |= FOREIGN_OBJECTS;
    this.#noteUse(buffer);
  }

  #noteUse(buffer: unknown): void {
    if (this.#firstBuffer === undefined) {
      this.#firstBuffer = buffer;
      return;
    }
    this.#buffers ??= new Set([this.#firstBuffer]);
    if (this.#buffers.has(buffer)) this.#found |= PARTIAL_VIEWS;
    this.#buffers.add(buffer);
  }
}

function reverseFrom(objects: object[], first: number): void {
  if (objects.length - first < 2) return;
  for (const object of objects.splice(first).reverse()) objects.push(object);
}

function isShared(object: object): boolean {
  return Object.prototype.toString.call(object) === '[object SharedArrayBuffer]';
}

/** Returns whether a buffer is resizable. Older platforms have no resizable buffers. */
export function isResizable(buffer: object): boolean {
  return 'resizable' in buffer && buffer.resizable === true;
}

function sharedMemory(): Error {
  return new Error('it contains shared memory (SharedArrayBuffer), which other threads could change later');
}

function unknownClass(prototype: object | null): Error {
  const name: unknown = prototype?.constructor?.name;
  return new Error(`it contains an object of the class ${String(name)}, which is not plain data`);
}

function tooDeep(depth: number): Error {
  const levels = depth > DEEPEST_MEASURED ? `more than ${DEEPEST_MEASURED}` : depth;
  return new Error(`it is nested ${levels} levels deep; the limit is ${MAX_DEPTH}`);
}

/** The built-in objects that a store returns exactly as they were put. */
type StoredObject =
  | Date
  | RegExp
  | ArrayBuffer
  | DataView
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

type Primitive = string | number | bigint | boolean | null | undefined;

type Refused = symbol | ((...args: never) => unknown) | (abstract new (...args: never) => unknown);

/** `true` if T has the members of Base and no others. A subclass such as `Buffer` has more. */
type IsExactly<T, Base> = T extends Base
  ? [Exclude<keyof T, keyof Base>] extends [never]
    ? true
    : false
  : false;

/** `true` if T is one of the built-in objects, and not a subclass of one. */
type IsStoredObject<T, Base = StoredObject> = true extends (Base extends unknown ? IsExactly<T, Base> : never)
  ? true
  : false;

/**
 * Checks at compile time that a store returns the values of a schema exactly as they were put. Parts that
 * structured clone refuses or drops get the type `never`, so that putting them does not compile. Such parts
 * are functions, symbols, properties with symbol keys, shared memory, and methods of classes.
 *
 * Primitives, plain objects, arrays, tuples, `Date`, `RegExp`, `Map`, `Set`, `ArrayBuffer`, `DataView` and
 * typed arrays keep their types. To the compiler, a class with only data fields looks like a plain object. So
 * the compiler cannot see that instances of such a class come back as plain objects.
 *
 * Do not use this type with a custom `clone` function that keeps classes.
 * @example
 * type Schema = Storable<{
 *   [user: `user:${string}`]: { name: string; born: Date };
 *   [cart: `cart:${string}`]: Map<string, number>;
 * }>;
 * const store = new MemStore<Schema>();
 * await store.put('user:7', { name: 'Ada', born: new Date('1815-12-10') });
 */
export type Storable<T> = unknown extends T
  ? T
  : T extends Primitive
    ? T
    : T extends Refused
      ? never
      : T extends object
        ? StorableObject<T>
        : never;

type StorableObject<T extends object> = T extends readonly unknown[]
  ? StorableArray<T>
  : T extends { readonly buffer: SharedArrayBuffer }
    ? never
    : IsStoredObject<T> extends true
      ? T
      : T extends ReadonlyMap<infer K, infer V>
        ? StorableMap<T, K, V>
        : T extends ReadonlySet<infer V>
          ? StorableSet<T, V>
          : StorableParts<T>;

/**
 * A tuple is mapped element by element. A plain array is not, because the compiler would not defer its
 * recursive element type.
 */
type StorableArray<T extends readonly unknown[]> = T[number][] extends T
  ? T extends unknown[]
    ? Storable<T[number]>[]
    : readonly Storable<T[number]>[]
  : StorableParts<T>;

/** An instance of a subclass of `Map` loses its own methods, like any class instance. */
type StorableMap<T, K, V> =
  IsExactly<T, Map<K, V>> extends true
    ? Map<Storable<K>, Storable<V>>
    : IsExactly<T, ReadonlyMap<K, V>> extends true
      ? ReadonlyMap<Storable<K>, Storable<V>>
      : StorableParts<T>;

type StorableSet<T, V> =
  IsExactly<T, Set<V>> extends true
    ? Set<Storable<V>>
    : IsExactly<T, ReadonlySet<V>> extends true
      ? ReadonlySet<Storable<V>>
      : StorableParts<T>;

type StorableParts<T> = { [K in keyof T]: K extends symbol ? never : Storable<T[K]> };

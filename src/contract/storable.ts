/** The built-in objects that a store returns as they were put. */
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
 * Checks a schema, or one value, at compile time: a store returns it as it was put. In the result, a part
 * that no store keeps has the type `never`, so that a put of it does not compile. Such parts are functions,
 * symbols, properties whose key is a symbol, shared memory, and the methods of classes. Structured clone
 * refuses them or drops them.
 *
 * Primitives, plain objects, arrays, tuples, `Date`, `RegExp`, `Map`, `Set`, `ArrayBuffer`, `DataView` and
 * typed arrays stay as they are. A class that has only data fields has the type of a plain object, so the
 * compiler cannot see that its instances come back as plain objects.
 *
 * Do not use it with a `clone` of your own that keeps classes.
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
 * A tuple is mapped by its parts. An array is not, because the compiler would not defer a recursive element.
 */
type StorableArray<T extends readonly unknown[]> = T[number][] extends T
  ? T extends unknown[]
    ? Storable<T[number]>[]
    : readonly Storable<T[number]>[]
  : StorableParts<T>;

/** A `Map` of a subclass comes back without its own methods, as any object does. */
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

/** The keys of a schema: its literal keys and its template-literal patterns. */
export type Key<S extends object> = keyof S & string;

/** The type of the value of a key. If a literal key matches a pattern, it has the type of the pattern. */
export type Value<S extends object, K extends Key<S>> = S[K];

/**
 * A key of the schema. A union with one alternative for each pattern, so that each key keeps the type of its
 * value.
 */
export type Entry<S extends object> = { [K in Key<S>]: readonly [key: K, value: S[K]] }[Key<S>];

/**
 * The keys of a schema that can start with a prefix. The prefix narrows them where it is more specific than
 * the pattern.
 */
export type KeyWithPrefix<S extends object, P extends string> = string extends P
  ? Key<S>
  : {
      [K in Key<S>]: K extends `${P}${string}` ? K : `${P}${string}` extends K ? `${P}${string}` & K : never;
    }[Key<S>];

/** The entries that a scan yields. A union with one alternative for each pattern of the schema. */
export type ScannedEntry<S extends object, P extends string = string> = {
  [K in KeyWithPrefix<S, P>]: [key: K, value: K extends keyof S ? S[K] : never];
}[KeyWithPrefix<S, P>];

/** The keys of a schema whose values are exactly the values of a type. Without a schema, every key. */
type KeyOf<S extends object, V> = {
  [K in Key<S>]: unknown extends S[K] ? K : [S[K], V] extends [V, S[K]] ? K : never;
}[Key<S>];

/** The keys of a schema whose values are numbers. */
export type NumberKey<S extends object> = KeyOf<S, number>;

/** The keys of a schema whose values are bigints. */
export type BigIntKey<S extends object> = KeyOf<S, bigint>;

/** The result of a function that returns R in place of a value V: it includes `undefined` only if R does. */
export type NextValue<V, R> = undefined extends R ? V | undefined : V;

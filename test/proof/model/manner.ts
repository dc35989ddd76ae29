/** The way in which a caller passes the arguments of an operation. */
export interface Manner {
  /** The form of the options: an object literal, accessors of a class, or a misspelled name. */
  readonly options: 'literal' | 'accessors' | 'misspelt';
  /** Whether the list of keys or entries has a hole, if the operation takes a list. */
  readonly hasHole: boolean;
}

const PLAIN: Manner = { options: 'literal', hasHole: false };

/** Returns the options as the caller passes them. */
export function passOptions<T extends object>(options: T, manner: Manner = PLAIN): T {
  switch (manner.options) {
    case 'literal':
      return options;
    case 'misspelt':
      return { ...options, lockTimeuot: 1 };
    case 'accessors': {
      const getters = Object.entries(options).map(
        ([name, value]) => [name, { get: () => value as unknown }] as const,
      );
      return Object.create(Object.create(null, Object.fromEntries(getters))) as T;
    }
  }
}

/** Returns the list as the caller passes it. */
export function passList<T>(list: readonly T[], manner: Manner = PLAIN): readonly T[] {
  if (!manner.hasHole) return list;
  const withHole: T[] = [];
  list.forEach((item, index) => {
    withHole[index + 1] = item;
  });
  return withHole;
}

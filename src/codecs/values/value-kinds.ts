/** The kind of an object. It determines how the parts of the object are found. */
export type Kind = 'object' | 'array' | 'map' | 'set' | 'error' | 'buffer' | 'view' | 'leaf';

type ViewConstructor = new (source?: ArrayBufferView) => ArrayBufferView;

const typedArrays: ReadonlyMap<string | undefined, ViewConstructor> = new Map(
  [
    'Uint8Array',
    'Int8Array',
    'Uint8ClampedArray',
    'Uint16Array',
    'Int16Array',
    'Uint32Array',
    'Int32Array',
    'Float16Array',
    'Float32Array',
    'Float64Array',
    'BigInt64Array',
    'BigUint64Array',
  ].flatMap((name): [string, ViewConstructor][] => {
    // Older platforms have no Float16Array.
    const type = (globalThis as Record<string, unknown>)[name];
    return typeof type === 'function' ? [[name, type as ViewConstructor]] : [];
  }),
);

const tagGetter = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;

/**
 * Returns the built-in type of a typed array. For an instance of a subclass such as `Buffer`, returns the
 * type that it extends.
 */
export function typedArrayType(value: object): ViewConstructor | undefined {
  return typedArrays.get(tagGetter?.call(value) as string | undefined);
}

/** Returns an example of every kind of object that a store can keep. */
function specimens(): [Kind, object][] {
  const errors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
  const buffer = new ArrayBuffer(8);
  const leaves = [new Date(0), /a/, Object(true), Object(1), Object('a'), Object(1n)] as object[];
  return [
    ['object', {}],
    ['array', []],
    ['map', new Map()],
    ['set', new Set()],
    ...[...errors.map((type) => new type()), new AggregateError([])].map((one): [Kind, object] => [
      'error',
      one,
    ]),
    ['buffer', buffer],
    ['view', new DataView(buffer)],
    ...Array.from(typedArrays.values(), (type): [Kind, object] => ['view', new type()]),
    ...leaves.map((one): [Kind, object] => ['leaf', one]),
  ];
}

let kinds: Map<object | null, Kind> | undefined;

/** Returns the kind of the objects with this prototype, or undefined if a store cannot keep such objects. */
export function kindOf(prototype: object | null): Kind | undefined {
  kinds ??= prototypeKinds();
  return kinds.get(prototype);
}

/**
 * Returns the kinds by prototype. Includes the prototypes of clones: some test runners have their own global
 * object but use the `structuredClone` of another one, so its results have other prototypes.
 */
function prototypeKinds(): Map<object | null, Kind> {
  const found = new Map<object | null, Kind>([[null, 'object']]);
  for (const [kind, specimen] of specimens()) {
    found.set(Object.getPrototypeOf(specimen), kind);
    try {
      found.set(Object.getPrototypeOf(structuredClone(specimen)), kind);
    } catch {
      // If the platform cannot clone this kind, it refuses all values of this kind itself.
    }
  }
  return found;
}

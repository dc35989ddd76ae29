import fc from 'fast-check';

/** An object within a value. Each edge refers to a node or a leaf by its number. */
interface Node {
  readonly kind: 'object' | 'bare' | 'array' | 'map' | 'set' | 'error' | 'instance';
  readonly edges: readonly (readonly [name: string, key: number, target: number])[];
}

class Instance {
  own = 1;
}

const NAMES = [
  'a',
  'b',
  '0',
  '1',
  '7',
  '-1',
  '',
  '__proto__',
  'constructor',
  'length',
  'toJSON',
  'x\ud800',
  'é',
];

type ViewType = new (buffer: ArrayBuffer, start: number, length: number) => ArrayBufferView;

const VIEW_TYPES: readonly ViewType[] = [
  ...[Uint8Array, Uint8ClampedArray, Int16Array, Float32Array, Float64Array],
  ...[BigInt64Array, DataView],
];

const LONE_SURROGATE = '\ud800';
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', LONE_SURROGATE, 'a\0', '\ufeff'));
const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, Number.NaN, 2 ** 53, -(2 ** 31), 5e-324),
);
const bytes = fc.uint8Array({ maxLength: 24 });

const views = fc
  .tuple(bytes, fc.nat(2), fc.constantFrom<ViewType>(...VIEW_TYPES))
  .map(([content, start, Type]): ArrayBufferView => {
    const buffer = Uint8Array.from([...new Uint8Array(8 * start), ...content, ...new Uint8Array(8)]).buffer;
    return new Type(buffer, 8 * start, Math.floor(content.length / 8));
  });

const errors = fc
  .tuple(
    fc.constantFrom(Error, RangeError, TypeError, SyntaxError, EvalError, URIError, ReferenceError),
    text,
    fc.constantFrom('Error', 'TypeError', 'Mine', undefined),
  )
  .map(([Type, message, name]) => Object.assign(new Type(message), name === undefined ? {} : { name }));

/** Values without references to other generated values. */
const leaves = fc.oneof(
  text,
  number,
  fc.bigInt(),
  fc.constantFrom(null, undefined, true),
  fc.date({ noInvalidDate: false }),
  fc.constantFrom<RegExp>(
    /a\/b/giu,
    Object.assign(/x/g, { lastIndex: 3 }),
    new RegExp(LONE_SURROGATE),
    /(?:)/,
  ),
  fc.oneof(text, number, fc.bigInt(), fc.boolean()).map((primitive): object => Object(primitive)),
  views,
  bytes.map((content) => Buffer.from(content)),
  bytes.map((content) => Uint8Array.from(content).buffer),
  errors,
  fc.constant(undefined).map(() => new AggregateError([new Error('lost')], 'all')),
  fc.constantFrom<unknown[]>(
    Object.assign([], { 1: 1 }),
    Object.assign([], { 1: 1, x: 'kept' }),
    Object.assign([undefined], { 2: 2 }),
    Object.assign([1], { '-0': 1 }),
  ),
  fc.constant(undefined).map(() => Object.assign([] as number[], { 4000000000: 1 })),
);

const nodes = fc.array(
  fc.record<Node>({
    kind: fc.constantFrom('object', 'bare', 'array', 'map', 'set', 'error', 'instance'),
    edges: fc.array(fc.tuple(fc.oneof(fc.constantFrom(...NAMES), text), fc.nat(), fc.nat()), {
      maxLength: 5,
    }),
  }),
  { minLength: 1, maxLength: 8 },
);

/** Storable values of every kind, nested in each other, with shared references and cycles. */
export const storableValues: fc.Arbitrary<object> = fc
  .tuple(nodes, fc.array(leaves, { maxLength: 8 }))
  .map(([list, ends]) => {
    const shells = list.map(({ kind }) => shellOf(kind));
    const parts = [...shells, ...ends];
    const pick = (number: number): unknown => parts[number % parts.length];
    for (const [index, { edges }] of list.entries()) {
      const shell = shells[index];
      for (const [name, key, target] of edges)
        if (shell !== undefined) link(shell, name, pick(key), pick(target));
    }
    return shells[0] ?? {};
  });

function shellOf(kind: Node['kind']): object {
  switch (kind) {
    case 'object':
      return {};
    case 'bare':
      return Object.create(null);
    case 'array':
      return [];
    case 'map':
      return new Map();
    case 'set':
      return new Set();
    case 'error':
      return new Error('within');
    case 'instance':
      return new Instance();
  }
}

function link(shell: object, name: string, key: unknown, target: unknown): void {
  if (shell instanceof Map) shell.set(key, target);
  else if (shell instanceof Set) shell.add(target);
  else if (Array.isArray(shell) && name === 'length') shell.push(target);
  else {
    const property = shell instanceof Error ? 'cause' : name;
    const isEnumerable = property !== 'cause';
    Object.defineProperty(shell, property, {
      value: target,
      enumerable: isEnumerable,
      writable: true,
      configurable: true,
    });
  }
}

/** Functions that nest a value in another one, for each position that can contain a value. */
export const NESTINGS: Readonly<Record<string, (inner: unknown) => object>> = {
  'an array': (inner) => [inner],
  'a property of an array': (inner) => Object.assign([1], { inner }),
  'an object': (inner) => ({ inner }),
  'a value of a Map': (inner) => new Map([[1, inner]]),
  'a key of a Map': (inner) => new Map([[inner, 1]]),
  'a Set': (inner) => new Set([inner]),
  'the cause of an Error': (inner) => new Error('outer', { cause: inner }),
};

/** Returns a value with this many levels of the same kind of nesting. */
export function nested(levels: number, nest: (inner: unknown) => object): object {
  let value = nest('innermost');
  for (let level = 1; level < levels; level++) value = nest(value);
  return value;
}

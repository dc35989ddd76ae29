import type { ErrorCode } from '../contract/errors.ts';

/** Fails the test unless the condition holds. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`Assertion failed: ${what}`);
}

/**
 * Fails the test unless both values are deeply equal. Supports primitives (compared by `Object.is`), arrays,
 * plain objects, `Map`s, `Set`s, dates and bytes. The insertion order of `Map`s and `Set`s is ignored.
 */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  if (isEqual(actual, expected)) return;
  throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Fails the test unless the promise rejects with exactly this error object. */
export async function assertRejectsWith(promise: Promise<unknown>, error: unknown): Promise<void> {
  const outcome = await promise.then(
    () => ({ isRejected: false, error: undefined }),
    (thrown: unknown) => ({ isRejected: true, error: thrown }),
  );
  assert(outcome.isRejected && outcome.error === error, `it rejects with ${String(error)}`);
}

/**
 * Fails the test unless the promise rejects with an error of this code.
 * @returns the error, so that the test can check more of it
 */
export async function assertRejects(promise: Promise<unknown>, code: ErrorCode): Promise<Error> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    // `instanceof` would fail if the suite and the code under test were loaded from different entry points.
    if (error instanceof Error && (error as { code?: unknown }).code === code) return error;
    throw new Error(`expected a rejection with ${code}, got ${show(error)}`, { cause: error });
  }
  throw new Error(`expected a rejection with ${code}, got the value ${show(value)}`);
}

function isEqual(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
  if (left instanceof Map) return isEqualMap(left, right as Map<unknown, unknown>);
  if (left instanceof Set) return isEqualSet(left, right as Set<unknown>);
  if (left instanceof Date) return left.getTime() === (right as Date).getTime();
  return isEqualObject(left as Record<string, unknown>, right as Record<string, unknown>);
}

function isEqualMap(left: Map<unknown, unknown>, right: Map<unknown, unknown>): boolean {
  if (left.size !== right.size) return false;
  for (const [key, value] of left) {
    if (!right.has(key) || !isEqual(value, right.get(key))) return false;
  }
  return true;
}

function isEqualSet(left: Set<unknown>, right: Set<unknown>): boolean {
  if (left.size !== right.size) return false;
  for (const member of left) {
    if (!right.has(member)) return false;
  }
  return true;
}

// Handles arrays and typed arrays too, because their elements are own enumerable properties. A hole does not
// equal `undefined`.
function isEqualObject(left: Record<string, unknown>, right: Record<string, unknown>): boolean {
  if (Array.isArray(left) && left.length !== right['length']) return false;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => Object.hasOwn(right, name) && isEqual(left[name], right[name]));
}

const SHOWN_LENGTH = 500;

/**
 * Returns a short text for a message. Lone surrogates and control characters are escaped, so that different
 * values look different.
 */
function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  let text: string | undefined;
  try {
    text = JSON.stringify(value, showMember);
  } catch {
    // JSON cannot represent a cyclic value.
  }
  text ??= String(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

function showMember(_name: string, member: unknown): unknown {
  if (member instanceof Map) return { Map: [...member] };
  if (member instanceof Set) return { Set: [...member] };
  if (typeof member === 'bigint') return `${member}n`;
  if (member === undefined) return '(undefined)';
  return member;
}

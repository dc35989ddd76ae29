import type { Operation } from './operation.ts';
import type { Key } from './program.ts';
import { KEYS } from './program.ts';

export type State = ReadonlyMap<Key, unknown>;

/**
 * A model of the store in which transactions run one after the other, in the order of their commits.
 *
 * This check is stronger than an acyclic conflict graph that agrees with real time. The committed
 * transactions run in commit order. Every read must have returned the value of that run, and the final state
 * must be equal. Then every edge of the graph leads from an earlier commit to a later one. A transaction that
 * committed before another began also precedes it in this order.
 */
export class SerialModel {
  readonly #state: Map<Key, unknown>;

  constructor(initial: State) {
    this.#state = new Map(initial);
  }

  /** Returns a copy of the state, as a snapshot sees it. */
  copy(): State {
    return new Map(this.#state);
  }

  /**
   * Commits the operations.
   * @returns a result that contradicts the current state, or `undefined`
   */
  commit(operations: readonly Operation[]): string | undefined {
    const writes = new Map<Key, unknown>();
    const wrong = explain(operations, this.#state, writes);
    for (const [key, value] of writes) this.#put(key, value);
    return wrong;
  }

  remove(key: Key): void {
    this.#state.delete(key);
  }

  /**
   * Compares the model with the final state.
   * @returns a description of the difference, or `undefined`
   */
  compare(values: readonly unknown[]): string | undefined {
    const expected = KEYS.map((key) => this.#state.get(key));
    if (expected.every((value, index) => value === values[index])) return undefined;
    return `the final state must be ${show(expected)}, got ${show(values)}`;
  }

  #put(key: Key, value: unknown): void {
    if (value === undefined) this.#state.delete(key);
    else this.#state.set(key, value);
  }
}

/**
 * Runs the completed operations on a state that does not change.
 * @param writes receives the final writes of the transaction, with `undefined` for a deleted key
 * @returns a description of the first result that contradicts this state, or `undefined`
 */
export function explain(
  operations: readonly Operation[],
  state: State,
  writes: Map<Key, unknown> = new Map(),
): string | undefined {
  const read = (key: Key): unknown => (writes.has(key) ? writes.get(key) : state.get(key));
  let saved: ReadonlyMap<Key, unknown> = new Map();
  let wrong: string | undefined;
  const expect = (operation: Operation, expected: unknown): void => {
    if (wrong === undefined && !same(operation.result, expected))
      wrong = `${operation.name} must return ${show(expected)}, got ${show(operation.result)}`;
  };
  for (const operation of operations) {
    if (operation.status !== 'done') continue;
    const { op, key } = operation.event;
    if (op === 'savepoint') saved = new Map(writes);
    else if (op === 'rollbackTo') {
      writes.clear();
      for (const [savedKey, value] of saved) writes.set(savedKey, value);
    } else if (Array.isArray(operation.result)) {
      const rows = operation.keys.map((candidate) => [candidate, read(candidate)]);
      // Rows that the scan skipped need not stay unchanged.
      const found = op === 'scanSkipLocked' ? rows.filter(([candidate]) => operation.found(candidate)) : rows;
      expect(
        operation,
        found.filter(([, value]) => value !== undefined),
      );
    } else if (key !== undefined) {
      if (op === 'put' || op === 'putTtl' || op === 'putNoWait') writes.set(key, operation.value);
      else if (op === 'del') {
        expect(operation, read(key) !== undefined);
        writes.set(key, undefined);
      } else expect(operation, read(key));
    }
  }
  return wrong;
}

/** Returns the keys that are present for a transaction after these operations. */
export function visibleKeys(operations: readonly Operation[], state: State): Key[] {
  const writes = new Map<Key, unknown>();
  explain(operations, state, writes);
  return KEYS.filter((key) => (writes.has(key) ? writes.get(key) : state.get(key)) !== undefined);
}

function same(one: unknown, other: unknown): boolean {
  return one === other || (Array.isArray(one) && show(one) === show(other));
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'undefined';
}

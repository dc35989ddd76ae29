import type { Operation } from './operation.ts';
import type { Key } from './program.ts';
import { KEYS } from './program.ts';

export type State = ReadonlyMap<Key, unknown>;

/**
 * The store as it would be if transactions ran one after the other, in the order in which they committed.
 *
 * That is more than the conflict graph being acyclic and true to real time, and implies both: when a run of
 * the committed transactions in the order of their commits gives every read the value it really had, and
 * leaves the state that is really there, every edge of the graph points from an earlier commit to a later
 * one; and whoever committed before another began comes first in that order.
 */
export class SerialModel {
  readonly #state: Map<Key, unknown>;

  constructor(initial: State) {
    this.#state = new Map(initial);
  }

  /** A copy of the state, as a snapshot has it. */
  copy(): State {
    return new Map(this.#state);
  }

  /** @returns what could not be so in the state as it is now, or undefined */
  commit(operations: readonly Operation[]): string | undefined {
    const writes = new Map<Key, unknown>();
    const wrong = explain(operations, this.#state, writes);
    for (const [key, value] of writes) this.#put(key, value);
    return wrong;
  }

  remove(key: Key): void {
    this.#state.delete(key);
  }

  /** @returns how the state that is really there differs from this one, or undefined */
  compare(values: readonly unknown[]): string | undefined {
    const expected = KEYS.map((key) => this.#state.get(key));
    if (expected.every((value, index) => value === values[index])) return undefined;
    return `the final state is ${show(values)} and not ${show(expected)}`;
  }

  #put(key: Key, value: unknown): void {
    if (value === undefined) this.#state.delete(key);
    else this.#state.set(key, value);
  }
}

/**
 * Runs the operations that took effect on a state that stands still.
 * @param writes takes what the transaction would leave behind; undefined for a deleted key
 * @returns the first result that this state does not explain, or undefined
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
      wrong = `${operation.name} gave ${show(operation.result)} and not ${show(expected)}`;
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
      // What it passed over need not stay as it was.
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

/** The keys that have a value for a transaction that has made these operations. */
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

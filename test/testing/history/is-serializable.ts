import { covers } from '../../../src/contract/key-range.ts';
import type { HistoryTransaction, HistoryValue, ReadValue } from '../../../src/testing/history/index.ts';

type State = ReadonlyMap<string, ReadValue>;

/**
 * Returns whether some serial order of the transactions explains everything that they saw. It tries every
 * order, which is the definition itself. An order may contain transactions of unknown status, and contains no
 * aborted transactions.
 *
 * @param strict - whether the order must also agree with real time.
 */
export function isSerializable(transactions: readonly HistoryTransaction[], strict: boolean): boolean {
  const candidates = transactions.filter(({ status }) => status !== 'aborted');
  return extend(new Map(), candidates, strict);
}

function extend(state: State, remaining: readonly HistoryTransaction[], strict: boolean): boolean {
  if (remaining.every(({ status }) => status === 'unknown')) return true;
  return remaining.some((next) => {
    const others = remaining.filter((other) => other !== next);
    const mustComeFirst = others.some((other) => precedes(other, next));
    if (strict && mustComeFirst) return false;
    const after = run(state, next);
    return after !== undefined && extend(after, others, strict);
  });
}

function precedes(first: HistoryTransaction, second: HistoryTransaction): boolean {
  if (first.status !== 'committed') return false;
  return (first.endAt ?? Infinity) < (second.beginAt ?? -Infinity);
}

/** Returns the state after the operations, or `undefined` if their results contradict it. */
function run(before: State, { operations, status }: HistoryTransaction): State | undefined {
  const state = new Map(before);
  for (const operation of operations) {
    switch (operation.type) {
      case 'append':
        state.set(operation.key, [...asList(state.get(operation.key)), operation.value]);
        break;
      case 'write':
        state.set(operation.key, operation.value);
        break;
      case 'delete':
        // A delete of an absent key would be recorded as a read if the client knew the result.
        if (!state.delete(operation.key) && status === 'committed') return undefined;
        break;
      case 'read':
        if (!isSame(state.get(operation.key), operation.value)) return undefined;
        break;
      case 'scan': {
        const expected = [...state].filter(([key]) => covers(operation.range, key));
        const seen = new Map(operation.entries);
        if (seen.size !== expected.length) return undefined;
        if (!expected.every(([key, value]) => isSame(value, seen.get(key)))) return undefined;
      }
    }
  }
  return state;
}

function asList(value: ReadValue): readonly HistoryValue[] {
  return typeof value === 'object' ? value : [];
}

function isSame(a: ReadValue, b: ReadValue): boolean {
  if (typeof a !== 'object' && typeof b !== 'object') return a === b;
  const [left, right] = [asList(a), asList(b)];
  return left.length === right.length && left.every((value, place) => value === right[place]);
}

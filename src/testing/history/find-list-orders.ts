import type { Findings } from './findings.ts';
import type { HistoryValue, ReadValue } from './history.ts';
import type { HistoryIndex } from './history-index.ts';
import { keyText, transactionText, valueText } from './history-text.ts';
import { INITIAL, type KeyVersions } from './key-versions.ts';

const NO_VERSION = -1;

/** The order of the elements of a list, taken from its longest read. */
export interface ListOrder {
  readonly values: readonly HistoryValue[];
  /** The version of each element, or `undefined` for an element that no transaction appended. */
  readonly versions: readonly (number | undefined)[];
  /**
   * The number of elements before the first faulty one. A faulty element is a duplicate or was not appended
   * by an included transaction.
   */
  readonly soundLength: number;
  /** The transaction with the longest read. */
  readonly reader: number;
}

/**
 * Finds the order of every list. A list shows every append that produced it. So the longest read of a key has
 * the order of all its versions. Every other read must be a prefix of it (Kingsbury and Alvaro 2020).
 */
export function findListOrders(index: HistoryIndex, findings: Findings): ReadonlyMap<KeyVersions, ListOrder> {
  const longest = new Map<KeyVersions, { values: readonly HistoryValue[]; reader: number }>();
  const consider = (reader: number, key: string, value: ReadValue): void => {
    if (typeof value !== 'object') return;
    const versions = index.versions(key);
    if (versions === undefined || value.length <= (longest.get(versions)?.values.length ?? 0)) return;
    longest.set(versions, { values: value, reader });
  };
  index.transactions.forEach(({ operations }, reader) => {
    if (!index.isIncluded(reader)) return;
    for (const operation of operations) {
      if (operation.type === 'read') consider(reader, operation.key, operation.value);
      if (operation.type === 'scan')
        for (const [key, value] of operation.entries) consider(reader, key, value);
    }
  });

  const orders = new Map<KeyVersions, ListOrder>();
  for (const [versions, { values, reader }] of longest) {
    const order = values.map((value) => versions.versionOf(value));
    reportDisorder(index, versions, order, reader, findings);
    orders.set(versions, {
      values,
      reader,
      versions: order,
      soundLength: soundLength(index, versions, order),
    });
  }
  return orders;
}

function soundLength(
  index: HistoryIndex,
  versions: KeyVersions,
  order: readonly (number | undefined)[],
): number {
  const seen = new Set<number>();
  const fault = order.findIndex((version) => {
    if (version === undefined || seen.has(version)) return true;
    seen.add(version);
    return !index.isIncluded(versions.writerOf(version));
  });
  return fault === -1 ? order.length : fault;
}

/** Reports a list in which the elements of one transaction are out of order or incomplete. */
function reportDisorder(
  index: HistoryIndex,
  versions: KeyVersions,
  order: readonly (number | undefined)[],
  reader: number,
  findings: Findings,
): void {
  const { first, following } = ownOrder(versions);
  const seen = new Set<number>();
  for (const version of order) {
    if (version === undefined || seen.has(version)) continue;
    seen.add(version);
    const writer = versions.writerOf(version);
    if (first.get(writer) !== version) {
      const what = `${transactionText(index.idOf(reader))} read ${valueText(versions.values[version])}`;
      const who = transactionText(index.idOf(writer));
      const text = `On key ${keyText(versions.key)}, ${what} where ${who} had appended another element before.`;
      findings.add('incompatible-order', [reader, writer], text);
      return;
    }
    first.set(writer, following[version] ?? NO_VERSION);
  }
}

/**
 * Returns the first version of each transaction and, for each version, the next version of the same
 * transaction.
 */
function ownOrder(versions: KeyVersions): { first: Map<number, number>; following: number[] } {
  const first = new Map<number, number>();
  const following = new Array<number>(versions.writers.length).fill(NO_VERSION);
  for (let version = versions.writers.length - 1; version > INITIAL; version--) {
    const writer = versions.writerOf(version);
    following[version] = first.get(writer) ?? NO_VERSION;
    first.set(writer, version);
  }
  return { first, following };
}

import type { HistoryOptions } from './check-history.ts';
import type {
  History,
  HistoryTransaction,
  HistoryValue,
  Operation,
  ReadValue,
  TransactionId,
} from './history.ts';
import { KeyVersions, NOBODY } from './key-versions.ts';

/** An index of a history: transactions by number, versions by key, and times as numbers. */
export class HistoryIndex {
  readonly transactions: readonly HistoryTransaction[];
  /** Every key that was ever written, in key order. */
  readonly keys: readonly KeyVersions[];
  readonly begins: Float64Array;
  readonly ends: Float64Array;
  readonly #keyByName: ReadonlyMap<string, KeyVersions>;
  readonly #indexById: ReadonlyMap<TransactionId, number>;
  readonly #included: Uint8Array;

  constructor(history: History, options: HistoryOptions) {
    this.transactions = history.transactions;
    this.#indexById = indexById(history);
    this.#keyByName = collectWrites(history);
    this.keys = [...this.#keyByName.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    this.keys.forEach((versions, position) => {
      versions.position = position;
    });
    this.begins = Float64Array.from(history.transactions, ({ beginAt }) => beginAt ?? -Infinity);
    this.ends = Float64Array.from(history.transactions, ({ status, endAt }) =>
      // A commit of unknown outcome may take effect at any later time, even after the client gave up.
      status === 'committed' ? (endAt ?? Infinity) : Infinity,
    );
    this.#checkTimes();
    this.#included = this.#findIncluded(options);
  }

  versions(key: string): KeyVersions | undefined {
    return this.#keyByName.get(key);
  }

  idOf(transaction: number): TransactionId {
    return this.transactions[transaction]?.id ?? '(initial)';
  }

  /** Returns the number of a transaction: its index in the history. */
  indexOf(id: TransactionId): number | undefined {
    return this.#indexById.get(id);
  }

  /** Returns whether the check treats the transaction as committed. */
  isIncluded(transaction: number): boolean {
    return this.#included[transaction] === 1;
  }

  beginOf(transaction: number): number {
    return this.begins[transaction] ?? -Infinity;
  }

  endOf(transaction: number): number {
    return transaction === NOBODY ? -Infinity : (this.ends[transaction] ?? Infinity);
  }

  #checkTimes(): void {
    for (const { id, beginAt, endAt } of this.transactions) {
      if (beginAt !== undefined && endAt !== undefined && !(beginAt <= endAt)) {
        throw new TypeError(
          `endAt of transaction ${String(id)} must not be before beginAt ${beginAt}, got ${endAt}.`,
        );
      }
    }
  }

  /**
   * Marks the transactions that count as committed: the committed ones, and some of unknown status. The
   * latter are those that an included transaction has read, or that the store lists as committed. Leaving out
   * other unknown transactions cannot hide an anomaly.
   */
  #findIncluded(options: HistoryOptions): Uint8Array {
    const included = new Uint8Array(this.transactions.length);
    const toVisit: number[] = [];
    const include = (transaction: number): void => {
      const status = this.transactions[transaction]?.status;
      if (status === undefined || status === 'aborted' || included[transaction] === 1) return;
      included[transaction] = 1;
      toVisit.push(transaction);
    };
    const includeWriter = (key: string, value: HistoryValue): void => {
      const versions = this.#keyByName.get(key);
      const version = versions?.versionOf(value);
      if (versions !== undefined && version !== undefined) include(versions.writerOf(version));
    };

    this.transactions.forEach((transaction, index) => {
      if (transaction.status === 'committed') include(index);
    });
    // Only transactions of unknown status can be added. Most histories have none.
    if (toVisit.length + countAborted(this.transactions) === this.transactions.length) return included;

    for (const id of options.commitOrder ?? []) include(this.#indexById.get(id) ?? NOBODY);
    for (const [key, values] of options.versionOrder ?? []) {
      for (const value of values) includeWriter(key, value);
    }
    for (let reader = toVisit.pop(); reader !== undefined; reader = toVisit.pop()) {
      for (const operation of this.transactions[reader]?.operations ?? []) {
        forEachReadValue(operation, includeWriter);
      }
    }
    return included;
  }
}

function countAborted(transactions: readonly HistoryTransaction[]): number {
  return transactions.reduce((count, { status }) => count + (status === 'aborted' ? 1 : 0), 0);
}

function indexById(history: History): ReadonlyMap<TransactionId, number> {
  const indexes = new Map<TransactionId, number>();
  history.transactions.forEach(({ id }, index) => {
    if (indexes.has(id))
      throw new TypeError(`The id of every transaction must be unique, got ${String(id)} twice.`);
    indexes.set(id, index);
  });
  return indexes;
}

function collectWrites(history: History): ReadonlyMap<string, KeyVersions> {
  const keys = new Map<string, KeyVersions>();
  history.transactions.forEach(({ operations }, writer) => {
    for (const operation of operations) {
      if (operation.type === 'read' || operation.type === 'scan') continue;
      const { type, key, value } = operation;
      let versions = keys.get(key);
      if (versions === undefined) {
        versions = new KeyVersions(key, type === 'append');
        keys.set(key, versions);
      } else if (versions.isList !== (type === 'append')) {
        throw new TypeError(
          `Key ${JSON.stringify(key)} must be either appended to or written, but the history does both.`,
        );
      }
      versions.add(writer, value, type === 'delete');
    }
  });
  return keys;
}

/** Calls back with every value that the operation read. Each element of a list gets its own call. */
export function forEachReadValue(
  operation: Operation,
  visit: (key: string, value: HistoryValue) => void,
): void {
  const visitRead = (key: string, value: ReadValue): void => {
    if (value === undefined) return;
    if (typeof value === 'object') for (const element of value) visit(key, element);
    else visit(key, value);
  };
  if (operation.type === 'read') visitRead(operation.key, operation.value);
  else if (operation.type === 'scan') for (const [key, value] of operation.entries) visitRead(key, value);
}

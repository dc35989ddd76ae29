import type { ListOrder } from './find-list-orders.ts';
import type { Findings } from './findings.ts';
import type { HistoryValue, ReadValue } from './history.ts';
import type { HistoryIndex } from './history-index.ts';
import type { AnomalyName } from './history-report.ts';
import { keyText, transactionText, valueText } from './history-text.ts';
import { INITIAL, type KeyVersions } from './key-versions.ts';

/** Finds the version that a read saw, and reports reads of values that the reader must not see. */
export class ReadVersions {
  readonly #index: HistoryIndex;
  readonly #orders: ReadonlyMap<KeyVersions, ListOrder>;
  readonly #findings: Findings;
  /**
   * The findings reported so far. A fault of a list is visible in every later read of that list, but is
   * reported once.
   */
  readonly #reported = new Set<string>();

  constructor(index: HistoryIndex, orders: ReadonlyMap<KeyVersions, ListOrder>, findings: Findings) {
    this.#index = index;
    this.#orders = orders;
    this.#findings = findings;
  }

  /**
   * Returns the installed version of the transaction that wrote the value, or `undefined` if a committed
   * transaction must not see the value.
   */
  ofRegister(reader: number, versions: KeyVersions, value: HistoryValue): number | undefined {
    const version = versions.versionOf(value);
    if (version === undefined) {
      this.garbage(reader, versions.key, value);
      return undefined;
    }
    const writer = versions.writerOf(version);
    if (writer === reader) {
      this.#ownFutureWrite(reader, versions, version);
      return undefined;
    }
    if (!this.#index.isIncluded(writer)) {
      this.#abortedRead(reader, versions, version);
      return undefined;
    }
    if (!versions.isInstalled(version)) this.#intermediateRead(reader, versions, version);
    return versions.installedBy(writer);
  }

  /**
   * Returns the version of the last element that another transaction appended. The last `ownCount` elements
   * of `list` must be those that the reader itself appended.
   */
  ofList(
    reader: number,
    versions: KeyVersions,
    list: readonly HistoryValue[],
    ownCount: number,
  ): number | undefined {
    const foreignCount = list.length - ownCount;
    const order = this.#orders.get(versions);
    const inOrder = order !== undefined && this.#isPrefix(reader, versions, list, order);
    const last =
      inOrder && foreignCount <= order.soundLength
        ? (order.versions[foreignCount - 1] ?? INITIAL)
        : this.#lastSound(reader, versions, list.slice(0, foreignCount));
    if (versions.writerOf(last) === reader) {
      this.#ownFutureWrite(reader, versions, last);
      return undefined;
    }
    if (last !== INITIAL && !versions.isInstalled(last)) this.#intermediateRead(reader, versions, last);
    return last;
  }

  garbage(reader: number, key: string, value: ReadValue): void {
    this.#once(`garbage-read ${keyText(key)} ${valueText(value)}`, () => {
      const what = `${transactionText(this.#index.idOf(reader))} read ${valueText(value)} under ${keyText(key)}`;
      this.#findings.add('garbage-read', [reader], `${what}, but no transaction wrote it there.`);
    });
  }

  #isPrefix(reader: number, versions: KeyVersions, list: readonly HistoryValue[], order: ListOrder): boolean {
    if (list.every((value, place) => value === order.values[place])) return true;
    const text = `read ${valueText(list)}, which is not a prefix of ${valueText(order.values)}, which another read returned`;
    this.#add('incompatible-order', versions, '', [reader, order.reader], text);
    return false;
  }

  /** Returns the version of the last element without a fault, and reports the faulty elements. */
  #lastSound(reader: number, versions: KeyVersions, list: readonly HistoryValue[]): number {
    const seen = new Set<HistoryValue>();
    let last = INITIAL;
    for (const value of list) {
      const version = versions.versionOf(value);
      if (version === undefined) this.garbage(reader, versions.key, value);
      else if (!this.#index.isIncluded(versions.writerOf(version)))
        this.#abortedRead(reader, versions, version);
      else last = version;
      if (seen.has(value)) {
        this.#add(
          'duplicate-elements',
          versions,
          value,
          [reader],
          `read ${valueText(value)} twice in one list`,
        );
      }
      seen.add(value);
    }
    return last;
  }

  #ownFutureWrite(reader: number, versions: KeyVersions, version: number): void {
    const text = `saw its own write of ${valueText(versions.values[version])} before it was made`;
    this.#add('internal', versions, version, [reader], text);
  }

  #abortedRead(reader: number, versions: KeyVersions, version: number): void {
    const writer = versions.writerOf(version);
    const text = `read ${valueText(versions.values[version])}, written by ${this.#name(writer)}, which aborted`;
    this.#add('G1a', versions, version, [reader, writer], text);
  }

  #intermediateRead(reader: number, versions: KeyVersions, version: number): void {
    const writer = versions.writerOf(version);
    const text = `read ${valueText(versions.values[version])}, which its writer ${this.#name(writer)} later replaced`;
    this.#add('G1b', versions, version, [reader, writer], text);
  }

  #add(
    name: AnomalyName,
    versions: KeyVersions,
    what: HistoryValue,
    [reader, ...others]: [reader: number, ...others: number[]],
    text: string,
  ): void {
    this.#once(`${name} ${keyText(versions.key)} ${valueText(what)}`, () => {
      const explanation = `On key ${keyText(versions.key)}, ${this.#name(reader)} ${text}.`;
      this.#findings.add(name, [reader, ...others], explanation);
    });
  }

  #once(what: string, report: () => void): void {
    if (this.#reported.has(what)) return;
    this.#reported.add(what);
    report();
  }

  #name(transaction: number): string {
    return transactionText(this.#index.idOf(transaction));
  }
}

import { covers } from '../../contract/key-range.ts';
import type { AbsentReads } from './absent-reads.ts';
import type { ScanRead, VersionRead } from './collect-reads.ts';
import type { Findings } from './findings.ts';
import type { HistoryValue, Operation, ReadValue, ScanOperation } from './history.ts';
import { forEachReadValue, type HistoryIndex } from './history-index.ts';
import { keyText, transactionText, valueText } from './history-text.ts';
import { INITIAL, type KeyVersions } from './key-versions.ts';
import type { ReadVersions } from './read-versions.ts';
import { reportRowOrder } from './report-row-order.ts';

/** The inputs of `TransactionReads`, and the lists that it appends its results to. */
export interface ReadContext {
  readonly index: HistoryIndex;
  readonly versions: ReadVersions;
  readonly absences: AbsentReads;
  readonly reads: VersionRead[];
  readonly scans: ScanRead[];
  readonly findings: Findings;
}

const NOBODY_SEEN: ReadonlySet<number> = new Set();

/** The writes of the transaction itself to a key so far: the appended elements, or the last write. */
type OwnWrite = HistoryValue[] | { readonly value: HistoryValue | undefined; readonly deleted: boolean };

/** Processes the operations of one transaction in order. */
export class TransactionReads {
  readonly #reader: number;
  readonly #context: ReadContext;
  readonly #own = new Map<string, OwnWrite>();
  /** The version of each key that the transaction saw first, or `absent` if several versions are possible. */
  readonly #seen = new Map<string, number | 'absent'>();
  /** The transactions whose values this transaction reads, including reads in later operations. */
  #seenWriters: ReadonlySet<number> = NOBODY_SEEN;

  constructor(reader: number, context: ReadContext) {
    this.#reader = reader;
    this.#context = context;
  }

  walk(operations: readonly Operation[]): void {
    const { index, absences } = this.#context;
    if (absences.deletedKeys.size > 0) this.#seenWriters = writersSeen(index, operations);
    for (const operation of operations) {
      switch (operation.type) {
        case 'append':
          this.#append(operation.key, operation.value);
          break;
        case 'write':
        case 'delete':
          this.#own.set(operation.key, { value: operation.value, deleted: operation.type === 'delete' });
          break;
        case 'read':
          this.#read(operation.key, operation.value);
          break;
        case 'scan':
          this.#scan(operation, operations);
          break;
        default:
          operation satisfies never;
      }
    }
  }

  #append(key: string, value: HistoryValue): void {
    const own = this.#own.get(key);
    if (Array.isArray(own)) own.push(value);
    else this.#own.set(key, [value]);
  }

  #read(key: string, value: ReadValue): void {
    const versions = this.#context.index.versions(key);
    if (versions === undefined || (value !== undefined && versions.isList !== (typeof value === 'object'))) {
      const isEmpty = value === undefined || (typeof value === 'object' && value.length === 0);
      if (!isEmpty) this.#context.versions.garbage(this.#reader, key, value);
    } else if (versions.isList) {
      this.#readList(versions, (value as readonly HistoryValue[] | undefined) ?? []);
    } else {
      this.#readRegister(versions, value as HistoryValue | undefined);
    }
  }

  #readList(versions: KeyVersions, list: readonly HistoryValue[]): void {
    const own = this.#own.get(versions.key);
    const appended = Array.isArray(own) ? own : [];
    const start = list.length - appended.length;
    if (!appended.every((value, place) => value === list[start + place])) {
      this.#internal(versions.key, `${valueText(list)} after it had appended ${valueText(appended)}`);
      return;
    }
    const version = this.#context.versions.ofList(this.#reader, versions, list, appended.length);
    if (version !== undefined) this.#see(versions, version);
  }

  #readRegister(versions: KeyVersions, value: HistoryValue | undefined): void {
    const own = this.#own.get(versions.key);
    if (own !== undefined && !Array.isArray(own)) {
      const isOwn = own.value === value || (own.deleted && value === undefined);
      if (isOwn) return;
      const written = own.deleted ? 'deleted it' : `written ${valueText(own.value)}`;
      this.#internal(versions.key, `${valueText(value)} after it had ${written}`);
    } else if (value === undefined) {
      this.#seeAbsence(versions, undefined);
    } else {
      const version = this.#context.versions.ofRegister(this.#reader, versions, value);
      if (version !== undefined) this.#see(versions, version);
    }
  }

  #seeAbsence(versions: KeyVersions, scan: number | undefined): void {
    const absence = this.#context.absences.versionSeen(this.#reader, versions, this.#seenWriters);
    if (absence !== undefined) this.#see(versions, absence.version, scan, absence.assumesRealTime);
    else if (scan === undefined) this.#compareWithFirst(versions, 'absent');
  }

  #see(versions: KeyVersions, version: number, absentFromScan?: number, assumesRealTime = false): void {
    const isItem = absentFromScan === undefined;
    if (isItem && !this.#compareWithFirst(versions, version)) return;
    this.#context.reads.push({ reader: this.#reader, versions, version, absentFromScan, assumesRealTime });
  }

  /**
   * Returns whether this is the first read of the key, or differs from the first read. Reports such a
   * difference.
   */
  #compareWithFirst(versions: KeyVersions, version: number | 'absent'): boolean {
    const first = this.#seen.get(versions.key);
    if (first === undefined) this.#seen.set(versions.key, version);
    if (first === undefined || first === version) return first === undefined;
    const bothAbsent = isAbsence(versions, first) && isAbsence(versions, version);
    if (bothAbsent && (first === 'absent' || version === 'absent')) return false;
    const { index, findings } = this.#context;
    const writers = [first, version]
      .map((seen) => (seen === 'absent' ? -1 : versions.writerOf(seen)))
      .filter((writer) => writer >= 0);
    const [before, after] = [first, version].map((seen) =>
      valueText(seen === 'absent' ? undefined : versions.values[seen]),
    );
    const who = transactionText(index.idOf(this.#reader));
    const what = `${who} read ${keyText(versions.key)} twice, and saw first ${before} and then ${after}.`;
    findings.add('fuzzy-read', [this.#reader, ...writers], what);
    return true;
  }

  #scan(operation: ScanOperation, operations: readonly Operation[]): void {
    const { index, scans, absences, findings } = this.#context;
    const { range, entries } = operation;
    reportRowOrder(this.#reader, operation, index, findings);
    const scan = scans.length;
    const found = new Set<string>();
    const except: number[] = [];
    for (const [key, value] of entries) {
      found.add(key);
      const position = index.versions(key)?.position;
      if (position !== undefined) except.push(position);
      if (covers(range, key)) this.#read(key, value);
      else this.#context.versions.garbage(this.#reader, key, value);
    }
    for (const operation of operations) {
      if (operation.type === 'read' || operation.type === 'scan') continue;
      const versions = index.versions(operation.key);
      if (versions === undefined || !covers(range, operation.key) || found.has(operation.key)) continue;
      found.add(operation.key);
      except.push(versions.position);
      this.#missOwn(versions, scan);
    }
    for (const versions of absences.worthAsking(range)) {
      if (!found.has(versions.key)) this.#seeAbsence(versions, scan);
    }
    scans.push({ reader: this.#reader, range, except });
  }

  /** Handles a key in the range of a scan that the transaction itself writes but the scan did not find. */
  #missOwn(versions: KeyVersions, scan: number): void {
    const own = this.#own.get(versions.key);
    if (own === undefined) this.#seeAbsence(versions, scan);
    else if (Array.isArray(own)) this.#readList(versions, []);
    else this.#readRegister(versions, undefined);
  }

  #internal(key: string, what: string): void {
    const who = transactionText(this.#context.index.idOf(this.#reader));
    this.#context.findings.add('internal', [this.#reader], `On key ${keyText(key)}, ${who} read ${what}.`);
  }
}

function isAbsence(versions: KeyVersions, version: number | 'absent'): boolean {
  return version === 'absent' || version === INITIAL || versions.deletes.has(version);
}

/** Returns the included transactions whose values the operations read. */
function writersSeen(index: HistoryIndex, operations: readonly Operation[]): ReadonlySet<number> {
  const writers = new Set<number>();
  for (const operation of operations)
    forEachReadValue(operation, (key, value) => {
      const versions = index.versions(key);
      const version = versions?.versionOf(value);
      if (versions === undefined || version === undefined) return;
      const writer = versions.writerOf(version);
      if (index.isIncluded(writer)) writers.add(writer);
    });
  return writers;
}

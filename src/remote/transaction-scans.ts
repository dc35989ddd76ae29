import type { ScanOptions } from '../arguments/scan-options.ts';
import type { WaitOptions } from '../contract/options.ts';
import type { RawReply } from '../protocol/reply-parser.ts';
import type { Word } from '../protocol/request-writer.ts';
import type { Link } from './link.ts';
import { storedEntry } from './read-reply.ts';
import {
  type CancellableScan,
  RemoteScan,
  type ScanHost,
  type ScanSource,
  type ScanTransaction,
} from './remote-scan.ts';
import { rangeWords } from './request-words.ts';
import { UnsentCalls } from './unsent-calls.ts';

/** One entry of a scan. */
export type ScannedRow = [key: string, value: unknown];

/** The part of a transaction that its scans use. */
export interface ScanningTransaction {
  readonly link: Link;
  readonly readOnly: boolean;
  /** The number of writes sent so far. */
  readonly writes: number;
  /** @throws {MemStoreError} the reason why the transaction accepts no operations */
  checkOpen(): void;
  /** Sends a request of a scan immediately. */
  read(words: readonly Word[], wait: WaitOptions | undefined): Promise<RawReply>;
  /** Records a key that the transaction now holds exclusively. */
  noteLocked(key: string): void;
}

/** The scans of one remote transaction. */
export class TransactionScans implements ScanTransaction {
  readonly #tx: ScanningTransaction;
  readonly unsent: UnsentCalls = new UnsentCalls();
  /** The open scans, each with the number of `savepoint()` calls made before it. */
  readonly #scans = new Map<CancellableScan, number>();
  #rollbacks = 0;

  constructor(tx: ScanningTransaction) {
    this.#tx = tx;
  }

  scan(range: ScanOptions, savepointsBefore: number): RemoteScan<ScannedRow> {
    const tx = this.#tx;
    const read = (row: readonly RawReply[], link: Link): ScannedRow => {
      if (range.forUpdate) tx.noteLocked(String(row[0]));
      return storedEntry(row, link);
    };
    const scan = new RemoteScan<ScannedRow>(this.#host(range), {
      range,
      words: rangeWords,
      read,
      // In a read-write transaction, rows that are read ahead are also locked.
      ...(tx.readOnly ? {} : { firstCredit: 1 }),
      ...(range.forUpdate ? { maxCredit: 1 } : {}),
    });
    this.#scans.set(scan, savepointsBefore);
    return scan;
  }

  /** Cancels all scans created after a savepoint, and all unsent calls. */
  cancelSince(savepointCall: number, error: unknown): void {
    // The server has already created the savepoint, so all unsent calls came after it.
    this.unsent.cancel(error);
    for (const [scan, savepointsBefore] of this.#scans)
      if (savepointsBefore >= savepointCall) scan.cancel(error);
    this.#rollbacks++;
  }

  #host(range: ScanOptions): ScanHost {
    const [tx, scans] = [this.#tx, this];
    const { wait } = range;
    const source: ScanSource = {
      link: tx.link,
      get writes() {
        return tx.writes;
      },
      get rollbacks() {
        return scans.#rollbacks;
      },
      send: (words) => tx.read(words, wait),
    };
    return {
      open() {
        range.check();
        return source;
      },
      transaction: this,
    };
  }

  checkOpen(): void {
    this.#tx.checkOpen();
  }

  get isFree(): boolean {
    return this.unsent.isFree;
  }

  run<T>(call: () => T | Promise<T>, wait: WaitOptions | undefined): Promise<T> {
    return this.unsent.run(call, wait);
  }

  track(next: Promise<unknown>): void {
    void this.unsent.track(next);
  }

  forget(scan: CancellableScan): void {
    this.#scans.delete(scan);
  }
}

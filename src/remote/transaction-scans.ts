import type { ScanOptions } from '../arguments/scan-options.ts';
import type { WaitOptions } from '../contract/store.ts';
import type { RawReply } from '../protocol/reply-parser.ts';
import type { Word } from '../protocol/request-writer.ts';
import type { Link } from './link.ts';
import { storedValue } from './read-reply.ts';
import { RemoteScan, type ScanHost, type ScanSource } from './remote-scan.ts';
import { rangeWords } from './request-words.ts';
import { UnsentCalls } from './unsent-calls.ts';

/** One entry of a scan. */
export type ScannedRow = [key: string, value: unknown];

/** The part of a transaction that its scans use. */
export interface ScanningTransaction {
  readonly link: Link;
  readonly readOnly: boolean;
  /** Counts the writes that were sent. */
  readonly writes: number;
  /** @throws {MemStoreError} the reason why the transaction accepts no operation */
  checkOpen(): void;
  /** Sends a request of a scan at once. */
  read(words: readonly Word[], wait: WaitOptions | undefined): Promise<RawReply>;
  /** Called with each key that the transaction now holds exclusively. */
  holds(key: string): void;
}

// In a read-write transaction, reading a row ahead also locks it ahead.
const SNAPSHOT_CREDIT = 256;
const MAX_CREDIT = 1_024;

/** The scans of one transaction in another process. */
export class TransactionScans {
  readonly #tx: ScanningTransaction;
  readonly unsent: UnsentCalls = new UnsentCalls();
  /** The scans that have not ended, each with the number of savepoints that were asked for before it. */
  readonly #scans = new Map<RemoteScan<ScannedRow>, number>();
  #rollbacks = 0;

  constructor(tx: ScanningTransaction) {
    this.#tx = tx;
  }

  scan(range: ScanOptions, savepointsBefore: number): RemoteScan<ScannedRow> {
    const tx = this.#tx;
    const plan = {
      range,
      words: rangeWords,
      firstCredit: tx.readOnly ? SNAPSHOT_CREDIT : 1,
      maxCredit: range.forUpdate ? 1 : MAX_CREDIT,
    };
    const toRow = ({ link }: ScanSource, [first, value]: readonly RawReply[]): ScannedRow => {
      const key = String(first);
      if (range.forUpdate) tx.holds(key);
      return [key, storedValue(link, value ?? null)];
    };
    const scan = new RemoteScan<ScannedRow>(this.#host(range), plan, toRow);
    this.#scans.set(scan, savepointsBefore);
    return scan;
  }

  /** Cancels the scans that were created after a savepoint, and every unsent call. */
  cancelSince(savepointCall: number, error: unknown): void {
    // The savepoint has been answered, so every unsent call came after it.
    this.unsent.cancel(error);
    for (const [scan, savepointsBefore] of this.#scans)
      if (savepointsBefore >= savepointCall) scan.cancel(error);
    this.#rollbacks++;
  }

  #host(range: ScanOptions): ScanHost {
    const [tx, unsent, scans] = [this.#tx, this.unsent, this];
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
      get isFree() {
        return unsent.isFree;
      },
      goesOn: true,
      open() {
        range.check();
        return source;
      },
      checkOpen: () => tx.checkOpen(),
      run: (call) => unsent.run(call, wait),
      track: (next) => unsent.track(next),
      forget: (scan) => this.#scans.delete(scan as RemoteScan<ScannedRow>),
    };
  }
}

import type { ICompare, IKeyValue, IRangeRequest, IRangeResponse } from 'etcd3';
import { MemStoreError } from '../contract/errors.ts';
import type { KeyRange } from '../contract/key-range.ts';
import type { Cluster } from './cluster.ts';
import { conflict } from './conflicts.ts';
import type { ResolvedEtcdOptions } from './etcd-options.ts';
import type { KeySpace } from './key-space.ts';

/** What was read under a key: the value's bytes and the revision that wrote them; for an absent key, '0'. */
export interface ReadEntry {
  readonly value: Buffer | undefined;
  readonly revision: string;
  /** The lease that the entry ends with; '0' for one that lives for ever. */
  readonly lease: string;
}

const ABSENT: ReadEntry = { value: undefined, revision: '0', lease: '0' };

export function toReadEntry(found: IKeyValue | undefined): ReadEntry {
  return found === undefined
    ? ABSENT
    : { value: found.value, revision: found.mod_revision, lease: found.lease };
}

/** The part of a range that a scan has come through. */
export interface ScannedRange {
  range: KeyRange;
}

/** What reading needs of the store. */
export interface ReadHost {
  readonly cluster: Cluster;
  readonly keys: KeySpace;
  readonly options: ResolvedEtcdOptions;
}

/** Everything that one transaction has read, all of it true at one revision. */
export class ReadSet {
  readonly #host: ReadHost;
  readonly #entries = new Map<string, ReadEntry>();
  readonly #ranges: ScannedRange[] = [];
  /** The revision at which all of it was true; undefined before the first read. */
  revision: string | undefined;

  constructor(host: ReadHost) {
    this.#host = host;
  }

  get(key: string): ReadEntry | undefined {
    return this.#entries.get(key);
  }

  add(key: string, entry: ReadEntry): void {
    this.#entries.set(key, entry);
  }

  /** Adds a range, which may grow as its scan goes on. */
  addRange(scanned: ScannedRange): void {
    this.#ranges.push(scanned);
  }

  /**
   * What must hold for all of it to be true still.
   * @throws {MemStoreError} LIMIT_EXCEEDED when the cluster does not compare so much in one commit
   */
  compares(): ICompare[] {
    const compares: ICompare[] = [];
    for (const [key, { revision }] of this.#entries)
      compares.push({
        key: this.#host.keys.entry(key),
        target: 'Mod',
        result: 'Equal',
        mod_revision: revision,
      });
    for (const { range } of this.#ranges) {
      // Nothing in the range is newer than what was read. What was deleted is among the keys above.
      const newer = String(BigInt(this.revision ?? '0') + 1n);
      compares.push({
        ...this.#host.keys.entries(range),
        target: 'Mod',
        result: 'Less',
        mod_revision: newer,
      });
    }
    const most = this.#host.options.maxTransactionOperations - 1;
    if (compares.length <= most) return compares;
    throw new MemStoreError(
      'LIMIT_EXCEEDED',
      `The transaction has read ${compares.length} keys and ranges; the cluster compares ${most} in one commit.`,
    );
  }

  /** Reads a key as it is now, and makes sure that all that was read before is still so. */
  async refresh(key: string, cancelled: AbortSignal): Promise<ReadEntry> {
    const { cluster, keys } = this.#host;
    const read = { request_range: { key: keys.entry(key) } };
    const answer = await cluster.transaction(this.compares(), [read], [], { cancelled });
    if (!answer.succeeded) throw conflict();
    const entry = toReadEntry(answer.responses[0]?.response_range.kvs[0]);
    this.revision = answer.header.revision;
    this.add(key, entry);
    return entry;
  }

  /** Reads a stretch of entries at the one revision, which the first read settles. */
  async readRange(request: IRangeRequest, cancelled: AbortSignal): Promise<IRangeResponse> {
    const revision = this.revision ?? NEWEST;
    const answer = await this.#host.cluster.range({ ...request, revision }, { cancelled });
    this.revision ??= answer.header.revision;
    return answer;
  }

  /** Reads those of the keys that have not been read. */
  async fetch(wanted: readonly string[], cancelled: AbortSignal): Promise<void> {
    const { cluster, keys, options } = this.#host;
    const missing = [...new Set(wanted)].filter((key) => !this.#entries.has(key));
    for (let start = 0; start < missing.length; start += options.maxTransactionOperations) {
      const some = missing.slice(start, start + options.maxTransactionOperations);
      const revision = this.revision ?? NEWEST;
      const reads = some.map((key) => ({ request_range: { key: keys.entry(key), revision } }));
      const { header, responses } = await cluster.transaction([], reads, [], { cancelled });
      this.revision ??= header.revision;
      for (const [index, key] of some.entries())
        this.add(key, toReadEntry(responses[index]?.response_range.kvs[0]));
    }
  }
}

/** What etcd calls the newest revision. */
const NEWEST = '0';

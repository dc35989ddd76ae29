import type { ICompare, IKeyValue, IRangeRequest, IRangeResponse } from 'etcd3';
import { MemStoreError } from '../contract/errors.ts';
import type { KeyRange } from '../contract/key-range.ts';
import type { Cluster } from './cluster.ts';
import { conflict } from './conflicts.ts';
import type { ResolvedEtcdOptions } from './etcd-options.ts';
import type { KeySpace } from './key-space.ts';

/**
 * The entry that was read: the bytes of the value and the revision that wrote them. The revision is '0' if
 * the key is absent.
 */
export interface ReadEntry {
  readonly value: Buffer | undefined;
  readonly revision: string;
  /** The lease that the entry belongs to; '0' if the entry never expires. */
  readonly lease: string;
}

const ABSENT: ReadEntry = { value: undefined, revision: '0', lease: '0' };

export function toReadEntry(found: IKeyValue | undefined): ReadEntry {
  return found === undefined
    ? ABSENT
    : { value: found.value, revision: found.mod_revision, lease: found.lease };
}

/** The part of a range that a scan has passed. */
export interface ScannedRange {
  range: KeyRange;
}

/** The part of the store that reading uses. */
export interface ReadHost {
  readonly cluster: Cluster;
  readonly keys: KeySpace;
  readonly options: ResolvedEtcdOptions;
}

/** Everything that one transaction has read. All of it is the state at one revision. */
export class ReadSet {
  readonly #host: ReadHost;
  readonly #entries = new Map<string, ReadEntry>();
  readonly #ranges: ScannedRange[] = [];
  /** The revision of all reads. Undefined before the first read. */
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

  /** Adds a range. It grows while its scan advances. */
  addRange(scanned: ScannedRange): void {
    this.#ranges.push(scanned);
  }

  /**
   * Returns the conditions that hold if nothing that was read has changed.
   * @throws {MemStoreError} LIMIT_EXCEEDED if the cluster cannot check so many conditions in one commit
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
      // No entry in the range may be newer than the revision. Deletions are covered by the conditions on
      // single keys.
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
      `A transaction on this cluster may read at most ${most} keys and ranges, got ${compares.length}.`,
    );
  }

  /** Reads the current state of a key. Fails with CONFLICT if anything that was read before has changed. */
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

  /** Reads a range of entries at the revision of this set. The first read sets the revision. */
  async readRange(request: IRangeRequest, cancelled: AbortSignal): Promise<IRangeResponse> {
    const revision = this.revision ?? NEWEST;
    const answer = await this.#host.cluster.range({ ...request, revision }, { cancelled });
    this.revision ??= answer.header.revision;
    return answer;
  }

  /** Reads those of the keys that were not read yet. */
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

/** The value with which etcd reads the newest revision. */
const NEWEST = '0';

import type { WatchRequest } from '../../arguments/watch-options.ts';
import type { ValueCodec } from '../../codecs/value-codec.ts';
import { keyAfter } from '../../contract/key-range.ts';
import type { Cluster } from '../cluster.ts';
import type { KeySpace } from '../key-space.ts';

const MAX_ENTRIES_PER_PAGE = 256;
/** The value with which etcd reads the newest revision. */
const NEWEST = '0';

/** The part of the store that reads snapshots. */
interface SnapshotHost {
  readonly cluster: Cluster;
  readonly keys: KeySpace;
  readonly codec: ValueCodec;
}

/** A part of the snapshot with which a feed starts. */
interface SnapshotPage {
  readonly clusterId: string;
  /** The revision of all pages. */
  readonly revision: number;
  readonly entries: [key: string, value: unknown][];
  readonly isLast: boolean;
}

/** Reads the entries of a key or a range at one revision, in pages. The first page sets the revision. */
export class SnapshotPages {
  readonly #host: SnapshotHost;
  readonly #target: WatchRequest['target'];
  #revision = NEWEST;
  #from: string;

  constructor(host: SnapshotHost, target: WatchRequest['target']) {
    this.#host = host;
    this.#target = target;
    this.#from = typeof target === 'string' ? target : target.from;
  }

  /**
   * Reads the next page. REQUIRES: the last page was not read yet.
   * @throws {MemStoreError} SNAPSHOT_TOO_OLD, CONNECTION_LOST
   */
  async read(cancelled: AbortSignal): Promise<SnapshotPage> {
    const { cluster, keys, codec } = this.#host;
    const target = this.#target;
    const range =
      typeof target === 'string'
        ? { key: keys.entry(target) }
        : keys.entries({ from: this.#from, to: target.to });
    const request = { ...range, revision: this.#revision, limit: MAX_ENTRIES_PER_PAGE };
    const { header, kvs, more } = await cluster.range(request, { cancelled });
    if (this.#revision === NEWEST) this.#revision = header.revision;
    const entries = kvs.map(({ key, value }): [string, unknown] => [keys.keyOf(key), codec.decode(value)]);
    const last = entries.at(-1);
    if (last !== undefined) this.#from = keyAfter(last[0]);
    return { clusterId: header.cluster_id, revision: Number(this.#revision), entries, isLast: !more };
  }
}

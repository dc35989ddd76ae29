import { randomUUID } from 'node:crypto';
import type { Cluster } from './cluster.ts';
import type { KeySpace } from './key-space.ts';

/** A place through which one commit goes at a time, so that what became of it can be told afterwards. */
export interface CommitSlot {
  readonly session: LiveSession;
  readonly key: Buffer;
  /** The revision at which the slot was last written; '0' before the first time. */
  revision: string;
}

/** What this process has in the cluster for as long as it is heard of. */
export class LiveSession {
  readonly id: string;
  readonly lease: string;
  /** Exists for as long as the session does. */
  readonly key: Buffer;
  readonly #keys: KeySpace;
  readonly #idleSlots: CommitSlot[] = [];
  #slots = 0;

  constructor(id: string, lease: string, keys: KeySpace) {
    this.id = id;
    this.lease = lease;
    this.key = keys.session(id);
    this.#keys = keys;
  }

  takeSlot(): CommitSlot {
    return (
      this.#idleSlots.pop() ?? {
        session: this,
        key: this.#keys.commitSlot(this.id, this.#slots++),
        revision: '0',
      }
    );
  }

  /** REQUIRES: its revision is known. A slot of which it is not is never given back. */
  giveBack(slot: CommitSlot): void {
    this.#idleSlots.push(slot);
  }
}

/** Opens the session when it is first needed, and another one when the cluster has given it up. */
export class Sessions {
  readonly #cluster: Cluster;
  readonly #keys: KeySpace;
  readonly #ttlSeconds: number;
  #current: Promise<LiveSession> | undefined;
  #end: () => Promise<void> = async () => {};

  constructor(cluster: Cluster, keys: KeySpace, ttlSeconds: number) {
    this.#cluster = cluster;
    this.#keys = keys;
    this.#ttlSeconds = ttlSeconds;
  }

  current(): Promise<LiveSession> {
    if (this.#current === undefined) {
      const opening = this.#open();
      this.#current = opening;
      opening.catch(() => this.#forget(opening));
    }
    return this.#current;
  }

  /** The cluster does not know this session any more. */
  lost(session: LiveSession): void {
    const current = this.#current;
    void current?.then((opened) => {
      if (opened === session) this.#forget(current);
    });
  }

  async close(): Promise<void> {
    await this.#current?.catch(() => {});
    await this.#end();
  }

  #forget(session: Promise<LiveSession>): void {
    if (this.#current === session) this.#current = undefined;
  }

  async #open(): Promise<LiveSession> {
    let isLost = false;
    let opened: LiveSession | undefined;
    // The one before is lost or could not be made. Its lease would be kept alive for as long as the process
    // lives, and the process for as long as the lease.
    void this.#end();
    const { id: lease, end } = await this.#cluster.keepLease(this.#ttlSeconds, () => {
      isLost = true;
      if (opened !== undefined) this.lost(opened);
    });
    this.#end = end;
    const session = new LiveSession(randomUUID(), lease, this.#keys);
    await this.#cluster.transaction(
      [],
      [{ request_put: { key: session.key, value: Buffer.alloc(0), lease } }],
      [],
    );
    opened = session;
    if (isLost) this.lost(session);
    return session;
  }
}

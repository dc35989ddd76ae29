import { randomUUID } from 'node:crypto';
import type { Cluster } from './cluster.ts';
import type { KeySpace } from './key-space.ts';

/** A key that one commit at a time writes, so that its outcome can be checked afterwards. */
export interface CommitSlot {
  readonly lease: ProcessLease;
  readonly key: Buffer;
  /** The revision of the last write to the slot; '0' before the first one. */
  revision: string;
}

/** The lease of this process in the cluster, and the keys that are deleted when it ends. */
export class ProcessLease {
  readonly processId: string;
  readonly leaseId: string;
  /** A key that exists until the lease ends. */
  readonly key: Buffer;
  readonly #keys: KeySpace;
  readonly #idleSlots: CommitSlot[] = [];
  #slots = 0;

  constructor(processId: string, leaseId: string, keys: KeySpace) {
    this.processId = processId;
    this.leaseId = leaseId;
    this.key = keys.process(processId);
    this.#keys = keys;
  }

  takeSlot(): CommitSlot {
    return (
      this.#idleSlots.pop() ?? {
        lease: this,
        key: this.#keys.commitSlot(this.processId, this.#slots++),
        revision: '0',
      }
    );
  }

  /**
   * Makes a slot available again. REQUIRES: its revision is known. A slot with an unknown revision is never
   * reused.
   */
  giveBack(slot: CommitSlot): void {
    this.#idleSlots.push(slot);
  }
}

/** Grants the lease of this process on first use, and a new one after the cluster has ended it. */
export class ProcessLeases {
  readonly #cluster: Cluster;
  readonly #keys: KeySpace;
  readonly #ttlSeconds: number;
  #current: Promise<ProcessLease> | undefined;
  #end: () => Promise<void> = async () => {};

  constructor(cluster: Cluster, keys: KeySpace, ttlSeconds: number) {
    this.#cluster = cluster;
    this.#keys = keys;
    this.#ttlSeconds = ttlSeconds;
  }

  current(): Promise<ProcessLease> {
    if (this.#current === undefined) {
      const opening = this.#open();
      this.#current = opening;
      opening.catch(() => this.#forget(opening));
    }
    return this.#current;
  }

  /** Drops a lease that no longer exists in the cluster. */
  markLost(lease: ProcessLease): void {
    const current = this.#current;
    void current?.then((opened) => {
      if (opened === lease) this.#forget(current);
    });
  }

  async close(): Promise<void> {
    await this.#current?.catch(() => {});
    await this.#end();
  }

  #forget(lease: Promise<ProcessLease>): void {
    if (this.#current === lease) this.#current = undefined;
  }

  async #open(): Promise<ProcessLease> {
    let isLost = false;
    let opened: ProcessLease | undefined;
    // End the previous lease, which is lost or unusable. Otherwise it would be renewed as long as the process
    // runs, and would also keep the process alive.
    void this.#end();
    const { id: leaseId, end } = await this.#cluster.keepLease(this.#ttlSeconds, () => {
      isLost = true;
      if (opened !== undefined) this.markLost(opened);
    });
    this.#end = end;
    const lease = new ProcessLease(randomUUID(), leaseId, this.#keys);
    await this.#cluster.transaction(
      [],
      [{ request_put: { key: lease.key, value: Buffer.alloc(0), lease: leaseId } }],
      [],
    );
    opened = lease;
    if (isLost) this.markLost(lease);
    return lease;
  }
}

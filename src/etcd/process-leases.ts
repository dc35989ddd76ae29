import { randomUUID } from 'node:crypto';
import type { Cluster } from './cluster.ts';
import type { KeySpace } from './key-space.ts';

/** A place through which one commit goes at a time, so that what became of it can be told afterwards. */
export interface CommitSlot {
  readonly lease: ProcessLease;
  readonly key: Buffer;
  /** The revision at which the slot was last written; '0' before the first time. */
  revision: string;
}

/** The lease of this process in the cluster, and the keys that end with it. */
export class ProcessLease {
  readonly processId: string;
  readonly leaseId: string;
  /** This key exists until the lease ends. */
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

  /** REQUIRES: its revision is known. A slot of which it is not is never given back. */
  giveBack(slot: CommitSlot): void {
    this.#idleSlots.push(slot);
  }
}

/** Grants the lease of this process on its first use, and another one after the cluster has ended it. */
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

  /** Forgets a lease that the cluster does not know any more. */
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
    // The lease before this one is lost, or could not be used. It would be kept alive for as long as the
    // process lives, and the process for as long as the lease.
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

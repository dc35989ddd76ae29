import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/etcd/cluster.ts';
import { KeySpace } from '../../src/etcd/key-space.ts';
import { ProcessLeases } from '../../src/etcd/process-leases.ts';

/** Grants leases, and records which of them are kept alive. */
class LeaseGranter {
  readonly kept = new Set<string>();
  refusesWrites = false;
  readonly losses: (() => void)[] = [];
  #count = 0;

  async keepLease(_seconds: number, onLost: () => void): ReturnType<Cluster['keepLease']> {
    const id = `${++this.#count}`;
    this.kept.add(id);
    this.losses.push(onLost);
    return { id, end: async () => void this.kept.delete(id) };
  }

  async transaction(): Promise<unknown> {
    if (this.refusesWrites) throw new Error('The cluster did not answer.');
    return {};
  }
}

function leasesOf(granter: LeaseGranter): ProcessLeases {
  return new ProcessLeases(granter as unknown as Cluster, new KeySpace('app/'), 15);
}

describe('the leases of a store on a cluster', () => {
  it('are not kept alive when their first write fails', async () => {
    const granter = new LeaseGranter();
    const leases = leasesOf(granter);
    granter.refusesWrites = true;
    await expect(leases.current()).rejects.toThrow('did not answer');
    granter.refusesWrites = false;
    expect((await leases.current()).leaseId).toBe('2');
    expect([...granter.kept]).toEqual(['2']);
    await leases.close();
    expect([...granter.kept]).toEqual([]);
  });

  it('are not kept alive once the cluster has ended them', async () => {
    const granter = new LeaseGranter();
    const leases = leasesOf(granter);
    const first = await leases.current();
    granter.losses[0]?.();
    await Promise.resolve();
    const second = await leases.current();
    expect([first.leaseId, second.leaseId]).toEqual(['1', '2']);
    expect([...granter.kept]).toEqual(['2']);
    await leases.close();
    expect([...granter.kept]).toEqual([]);
  });
});

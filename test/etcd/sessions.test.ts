import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/etcd/cluster.ts';
import { KeySpace } from '../../src/etcd/key-space.ts';
import { Sessions } from '../../src/etcd/sessions.ts';

/** Gives leases, and says which of them are kept alive. */
class Leases {
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

function sessionsOf(leases: Leases): Sessions {
  return new Sessions(leases as unknown as Cluster, new KeySpace('app/'), 15);
}

describe('the sessions of a store on a cluster', () => {
  it('keep no lease of a session that could not be made', async () => {
    const leases = new Leases();
    const sessions = sessionsOf(leases);
    leases.refusesWrites = true;
    await expect(sessions.current()).rejects.toThrow('did not answer');
    leases.refusesWrites = false;
    expect((await sessions.current()).lease).toBe('2');
    expect([...leases.kept]).toEqual(['2']);
    await sessions.close();
    expect([...leases.kept]).toEqual([]);
  });

  it('keep no lease of a session that the cluster has given up', async () => {
    const leases = new Leases();
    const sessions = sessionsOf(leases);
    const first = await sessions.current();
    leases.losses[0]?.();
    await Promise.resolve();
    const second = await sessions.current();
    expect([first.lease, second.lease]).toEqual(['1', '2']);
    expect([...leases.kept]).toEqual(['2']);
    await sessions.close();
    expect([...leases.kept]).toEqual([]);
  });
});

import type { IEvent, IRequestOp } from 'etcd3';
import { describe, expect, it } from 'vitest';
import { MemStoreError } from '../../src/contract/errors.ts';
import { type ChangeHost, toChangeSets } from '../../src/etcd/changes/to-change-sets.ts';
import { KeySpace } from '../../src/etcd/key-space.ts';

const keys = new KeySpace('app');

/**
 * Returns a fake cluster that has compacted all revisions before `compacted` and contains these commit slots.
 */
function hostWith(compacted: number, slots: readonly { since: number; until: number }[]): ChangeHost {
  const transaction = async (_: unknown, reads: readonly IRequestOp[]): Promise<unknown> => ({
    responses: reads.map(({ request_range: read }) => {
      const at = Number(read?.revision);
      if (at !== 0 && at < compacted) throw new MemStoreError('SNAPSHOT_TOO_OLD', 'compacted');
      const wanted = Number(read?.min_mod_revision);
      const found = slots.filter(({ since, until }) => since === wanted && (at !== 0 || until > 100));
      return { response_range: { kvs: found } };
    }),
  });
  const host = { cluster: { transaction }, keys, options: { maxTransactionOperations: 2 } };
  return host as unknown as ChangeHost;
}

function deletionAt(revision: number): { revision: number; events: IEvent[] } {
  const kv = { key: keys.entry('k'), mod_revision: `${revision}` };
  return { revision, events: [{ type: 'Delete', kv, prev_kv: null } as unknown as IEvent] };
}

async function causes(host: ChangeHost, ...revisions: readonly number[]): Promise<unknown[]> {
  const sets = await toChangeSets(host, revisions.map(deletionAt), false);
  return sets.map(({ sequence, changes }) => [sequence, changes[0]?.cause]);
}

describe('the cause of a deletion on a cluster', () => {
  const slots = [
    { since: 3, until: 5 },
    { since: 5, until: 200 },
    { since: 8, until: 200 },
  ];

  it('is known from the commit slots of its revision', async () => {
    expect(await causes(hostWith(0, slots), 3, 4, 5, 6, 8)).toEqual([
      [3, 'del'],
      [4, 'expire'],
      [5, 'del'],
      [6, 'expire'],
      [8, 'del'],
    ]);
  });

  it('is known after compaction if no later commit wrote the slot', async () => {
    expect(await causes(hostWith(6, slots), 5, 6, 8)).toEqual([
      [5, 'del'],
      [6, 'expire'],
      [8, 'del'],
    ]);
  });

  it('is refused after compaction if a later commit may have written the slot', async () => {
    const tooOld = expect.objectContaining({ code: 'SNAPSHOT_TOO_OLD' });
    await expect(causes(hostWith(6, slots), 3, 8)).rejects.toEqual(tooOld);
    await expect(causes(hostWith(6, slots), 4)).rejects.toEqual(tooOld);
  });
});

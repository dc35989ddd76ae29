import { expect, it } from 'vitest';
import { failuresOf } from '../../failures-of.ts';
import { type Backend, overTcp } from './backend.ts';
import { hermitage } from './hermitage.ts';
import { WEAK_BACKENDS, type Weakness, withoutLocks } from './weak-backends.ts';

/** The anomalies that each weakness allows, by the part of their titles before the colon. */
const FOUND: Readonly<Record<Weakness, readonly string[]>> = {
  'writes are not private': [
    'G0',
    'G0, crosswise',
    'G0, predicate',
    'G1a',
    'G1a, predicate',
    'G1b',
    'G1b, predicate',
    'G1c',
    'G1c, predicate',
    'OTV, predicate',
    'PMP',
    'P4',
    'G-single',
    'G-single, predicate',
    'G-single, write predicate',
    'G-single, snapshot',
    'G2-item',
    'G2',
    'G2, two edges',
    'G2, two edges, snapshot',
  ],
  'no lock is taken': [
    'G0, crosswise',
    'G0, predicate',
    'G1b',
    'G1c',
    'G1c, predicate',
    'OTV',
    'PMP',
    'PMP, write predicate',
    'P4',
    'P4, cursor',
    'G-single',
    'G-single, predicate',
    'G-single, write predicate',
    'G2-item',
    'G2',
    'G2, two edges',
    'G2, two edges, snapshot',
  ],
  'a read takes no lock': ['G1b', 'G1c', 'OTV', 'P4', 'G-single', 'G-single, write predicate', 'G2-item'],
  'a range is not locked': [
    'G1c, predicate',
    'PMP',
    'G-single, predicate',
    'G2',
    'G2, two edges',
    'G2, two edges, snapshot',
  ],
  'a read-only transaction is not a snapshot': ['G-single, snapshot'],
};

const nameOf = (title: string): string => title.split(':')[0] ?? title;

/** Returns the names of the schedules that fail in these stores. */
async function foundIn(open: () => Promise<Backend>): Promise<string[]> {
  const backends: Backend[] = [];
  const opening = async (): Promise<Backend> => {
    const backend = await open();
    backends.push(backend);
    return backend;
  };
  const failures = await failuresOf((tests) => hermitage({ locks: 'keyLocks', open: opening }, tests));
  await Promise.all(backends.map((backend) => backend.close()));
  return failures.map(nameOf);
}

for (const [weakness, found] of Object.entries(FOUND) as [Weakness, readonly string[]][]) {
  it(`the schedules detect the anomalies of a store in which ${weakness}`, async () => {
    expect(await foundIn(async () => WEAK_BACKENDS[weakness]())).toEqual(found);
  });
}

it('the schedules also detect anomalies over TCP', async () => {
  expect(await foundIn(() => overTcp(withoutLocks))).toEqual(FOUND['no lock is taken']);
});

it('every schedule detects its anomaly in at least one store', () => {
  const titles: string[] = [];
  hermitage(
    { locks: 'keyLocks', open: async () => WEAK_BACKENDS['no lock is taken']() },
    { describe: (_name, body) => body(), it: (title) => titles.push(title) },
  );
  const found = new Set(Object.values(FOUND).flat());
  expect(titles.map(nameOf).filter((name) => !found.has(name))).toEqual([]);
});

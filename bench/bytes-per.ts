/**
 * Measures heap bytes per item. First per entry, compared with a bare Map, before and after the first ordered
 * scan. Then per held lock, waiting lock request, open transaction, snapshot, and old version kept for a
 * snapshot.
 *
 *     node --expose-gc --max-old-space-size=12000 --import tsx bench/bytes-per.ts [entries…]
 */
import { MemStore, type ReadTransaction } from 'memstore-tx';
import { usedBytes } from './scale/heap.ts';
import { print } from './scale/stall-watch.ts';

type Values = Record<string, number>;
type Store = MemStore<Values>;

const USES = 100_000;
const LONG = { lockTimeout: Number.POSITIVE_INFINITY, idleTimeout: Number.POSITIVE_INFINITY };
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100_000, 1_000_000, 10_000_000];

const keyOf = (number: number): string => `key:${String(number).padStart(8, '0')}`;

/** Returns the heap bytes that `make` leaves, divided by `count`. */
async function bytesOf<T>(
  count: number,
  make: () => T | Promise<T>,
): Promise<{ readonly bytes: number; readonly made: T }> {
  const before = usedBytes();
  const made = await make();
  return { bytes: (usedBytes() - before) / count, made };
}

async function filled(size: number): Promise<Store> {
  const store = new MemStore<Values>(LONG);
  for (let number = 0; number < size; number++) await store.put(keyOf(number), number);
  return store;
}

async function compareEntries(size: number): Promise<void> {
  const map = await bytesOf(size, () => {
    const entries = new Map<string, number>();
    for (let number = 0; number < size; number++) entries.set(keyOf(number), number);
    return entries;
  });
  map.made.clear();
  const store = await bytesOf(size, () => filled(size));
  const index = await bytesOf(size, () => store.made.entries({ limit: 1 }).next());
  const times = (bytes: number): string => `${bytes.toFixed(1)} (${(bytes / map.bytes).toFixed(2)} x Map)`;
  const scanned = store.bytes + index.bytes;
  print(
    `entry of ${size.toLocaleString('en')}, with its key`,
    `Map ${map.bytes.toFixed(1)}, store ${times(store.bytes)}, after a scan ${times(scanned)}`,
  );
  await store.made.close();
}

/** Opens many transactions that do nothing. */
async function opened(store: Store, readOnly: boolean): Promise<ReadTransaction<Values>[]> {
  const transactions: ReadTransaction<Values>[] = [];
  for (let number = 0; number < USES; number++) transactions.push(await store.begin({ readOnly }));
  return transactions;
}

async function compareUses(): Promise<void> {
  const bytes = (what: string, each: number, note = ''): void => print(what, `${each.toFixed(0)} ${note}`);
  const store = await filled(USES);

  const reader = await store.begin();
  const shared = await bytesOf(USES, async () => {
    for (let number = 0; number < USES; number++) await reader.get(keyOf(number));
  });
  bytes('lock held by one transaction of many', shared.bytes);
  await reader.rollback();

  const writer = await store.begin();
  const written = await bytesOf(USES, async () => {
    for (let number = 0; number < USES; number++) await writer.put(keyOf(number), number);
  });
  bytes('lock held, with its pending write', written.bytes);
  await writer.rollback();

  const idle = await bytesOf(USES, () => opened(store, false));
  bytes('open transaction without operations', idle.bytes);
  const busy = await bytesOf(USES, async () => {
    for (const [number, tx] of idle.made.entries()) await tx.get(keyOf(number));
  });
  bytes('open transaction that holds a lock', idle.bytes + busy.bytes, '(with the lock)');
  await store.rollbackAll();

  const holder = await store.begin();
  await holder.put('hot', 0);
  const waiters = await opened(store, false);
  const waiting = await bytesOf(USES, () => waiters.map((tx) => tx.put('hot', 1)));
  bytes('waiting lock request', waiting.bytes, '(with its promises, without the transaction)');
  await store.rollbackAll();
  await Promise.allSettled(waiting.made);

  const snapshots = await bytesOf(USES, () => opened(store, true));
  bytes('open snapshot', snapshots.bytes);
  await Promise.all(snapshots.made.map((snapshot) => snapshot.commit()));

  const snapshot = await store.begin({ readOnly: true });
  const versions = await bytesOf(USES, async () => {
    for (let number = 0; number < USES; number++) await store.put(keyOf(number), -number);
  });
  bytes('version kept for a snapshot', versions.bytes, '(without its value)');
  await snapshot.commit();
  await store.close();
}

for (const size of sizes) await compareEntries(size);
await compareUses();

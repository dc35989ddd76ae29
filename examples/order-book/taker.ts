/** Takes orders until its parent kills it. Confirms each order to the parent once it is on disk. */
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';
import type { Orders } from './order-book.ts';

const [path = ''] = process.argv.slice(2);
const store = new MemStore<Orders>({ journal: lmdbJournal({ path }) });

/**
 * Takes orders at one till. Concurrent commits share a disk flush, although all of them update one turnover.
 */
async function takeOrders(till: number): Promise<void> {
  for (let count = 1; ; count++) {
    const number = `${till}-${count}`;
    const cents = 100 * till + count;
    // Write the uncontended key first, so that the contended key is locked for the shortest time.
    await store.transaction(async (tx) => {
      await tx.put(`order:${number}`, { cents });
      await tx.put('turnover', ((await tx.getForUpdate('turnover')) ?? 0) + cents);
    });
    process.send?.(number);
  }
}

await Promise.all([1, 2, 3, 4].map(takeOrders));

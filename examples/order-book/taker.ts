/** Takes orders until somebody ends it, and confirms each to its parent when it is on disk. */
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';
import type { Orders } from './order-book.ts';

const [path = ''] = process.argv.slice(2);
const store = new MemStore<Orders>({ journal: lmdbJournal({ path }) });

/** Several at once share a flush of the disk, although all of them add to one turnover. */
async function takeOrders(till: number): Promise<void> {
  for (let count = 1; ; count++) {
    const number = `${till}-${count}`;
    const cents = 100 * till + count;
    // First what nobody else wants; the key that everybody wants is locked for as short as can be.
    await store.transaction(async (tx) => {
      await tx.put(`order:${number}`, { cents });
      await tx.put('turnover', ((await tx.getForUpdate('turnover')) ?? 0) + cents);
    });
    process.send?.(number);
  }
}

await Promise.all([1, 2, 3, 4].map(takeOrders));

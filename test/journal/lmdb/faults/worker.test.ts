import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram } from '../bundle-program.ts';
import { scratchDirectory } from '../scratch-directory.ts';

const folder = mkdtempSync(join(tmpdir(), 'memstore-worker-'));
const program = join(folder, 'worker.mjs');
beforeAll(() => bundleProgram(new URL('./worker-program.ts', import.meta.url), program));
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts a worker that writes `count` entries. Resolves when the worker has sent `message`. */
async function startWriter(path: string, count: number, message: unknown): Promise<Worker> {
  const worker = new Worker(program, { workerData: { path, count } });
  await new Promise<void>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (sent: unknown) => {
      if (sent === message) resolve();
    });
  });
  return worker;
}

describe('a journal in a worker thread', () => {
  it('is locked for other threads while the worker runs', async () => {
    const path = scratchDirectory();
    const worker = await startWriter(path, 3, 2);
    const refused = new MemStore({ journal: lmdbJournal({ path }) });
    await expect(refused.get('key:0')).rejects.toMatchObject({
      code: 'JOURNAL_LOCKED',
      message: expect.stringContaining('another thread of this process'),
    });
    const second = await startWriter(path, 3, 'JOURNAL_LOCKED');
    await second.terminate();
    await expect(new MemStore({ journal: lmdbJournal({ path }) }).get('key:0')).rejects.toMatchObject({
      code: 'JOURNAL_LOCKED',
    });
    await worker.terminate();
  });

  it('is unlocked when the worker is terminated, and has every entry', async () => {
    const path = scratchDirectory();
    const worker = await startWriter(path, 3, 2);
    await worker.terminate();
    const store = new MemStore({ journal: lmdbJournal({ path }) });
    expect(await store.getMany(['key:0', 'key:2'])).toEqual(['', 'xx']);
    await store.put('key:0', 'new');
    await store.close();
  });

  // Each worker is terminated between two writes. During a write, the native code of lmdb would end the
  // process.
  it('is unlocked each time when several workers are terminated one after the other', async () => {
    const path = scratchDirectory();
    for (let round = 1; round <= 6; round++) {
      const worker = await startWriter(path, 20 * round, 20 * round - 1);
      await worker.terminate();
      const store = new MemStore({ journal: lmdbJournal({ path }) });
      expect(await store.get(`key:${20 * round - 1}`)).toBe('x'.repeat(20 * round - 1));
      await store.put('main', round);
      await store.close();
    }
  });
});

/**
 * Measures `lmdbJournal`: the time to open it, and commits per second with own keys and with one hot key.
 * Workers share flushes, so the number of workers matters. `--directory` selects the disk to measure.
 *
 *     npx tsx bench/journal.ts commits [--directory DIR] [--seconds 0.3]
 *     npx tsx bench/journal.ts fill DIR ENTRIES
 *     npx tsx bench/journal.ts open DIR [--times 3]
 */
import { spawnSync } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';
import { seededRandom } from 'memstore-tx/testing';

const VALUE = { name: 'Ada', balance: 100, tags: ['a', 'b'] };
// Many short rounds, because the speed of a disk changes from second to second.
const ROUNDS = 15;
const DURABILITIES = ['none', 'relaxed', 'commit'] as const;
const WORKERS = [1, 8, 64, 512];
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: 'ext4',
  1481003842: 'xfs',
  2035054128: 'overlay',
  16914836: 'tmpfs',
  2435016766: 'btrfs',
};

type Durability = (typeof DURABILITIES)[number];
type Work = (store: MemStore, worker: number) => Promise<void>;

const own: Work = (store, worker) =>
  store.transaction(async (tx) => {
    await tx.getForUpdate(`key:${worker}`);
    await tx.put(`key:${worker}`, VALUE);
  });
const hot: Work = (store) =>
  store.transaction(async (tx) => {
    await tx.put('hot', (((await tx.getForUpdate('hot')) as number | undefined) ?? 0) + 1);
  });

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/**
 * Returns the commits per second of this number of workers. Each worker waits for its commit before the next.
 */
async function rate(store: MemStore, work: Work, workers: number, forMs: number): Promise<number> {
  let commits = 0;
  const start = performance.now();
  const end = start + forMs;
  const run = async (_: unknown, worker: number): Promise<void> => {
    while (performance.now() < end) {
      await work(store, worker);
      commits++;
    }
  };
  await Promise.all(Array.from({ length: workers }, run));
  return (commits / (performance.now() - start)) * 1_000;
}

/** Returns how many times per second the disk can append this number of bytes to a file and flush them. */
function flushesPerSecond(directory: string, bytes: number, forMs: number): number {
  const path = join(directory, 'flushes');
  const file = openSync(path, 'w');
  const page = Buffer.alloc(bytes, 1);
  const start = performance.now();
  let flushes = 0;
  for (; performance.now() - start < forMs; flushes++) {
    writeSync(file, page);
    fdatasyncSync(file);
  }
  const perSecond = (flushes / (performance.now() - start)) * 1_000;
  closeSync(file);
  rmSync(path);
  return perSecond;
}

async function diskOf(directory: string): Promise<string> {
  const { type } = await statfs(directory);
  return FILE_SYSTEMS[type] ?? `file system 0x${type.toString(16)}`;
}

async function measureCommits(directory: string, seconds: number): Promise<void> {
  const scratch = mkdtempSync(join(directory, 'memstore-journal-'));
  const forMs = seconds * 1_000;
  const stores = new Map<Durability, MemStore>();
  for (const durability of DURABILITIES) {
    const journal =
      durability === 'none' ? undefined : lmdbJournal({ path: join(scratch, durability), durability });
    stores.set(durability, new MemStore({ journal }));
  }
  const rows = [
    ...WORKERS.map((workers) => ({ name: 'keys of their own', work: own, workers })),
    ...WORKERS.slice(0, 3).map((workers) => ({ name: 'one hot key', work: hot, workers })),
  ];
  const rates = new Map<string, number[]>();
  const flushes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    flushes.push(flushesPerSecond(scratch, 4_096, forMs));
    for (const [row, { work, workers }] of rows.entries())
      for (const [durability, store] of stores) {
        const name = `${row} ${durability}`;
        rates.set(name, [...(rates.get(name) ?? []), await rate(store, work, workers, forMs)]);
      }
  }
  const [fewest, most] = [Math.min(...flushes), Math.max(...flushes)].map(count);
  console.log(
    `On ${await diskOf(scratch)}, which flushes 4 KiB ${count(median(flushes))} times per second (from ${fewest} to ${most}):\n`,
  );
  console.log(`| workers | on | ${DURABILITIES.join(' | ')} |\n| ---: | --- | ---: | ---: | ---: |`);
  for (const [row, { name, workers }] of rows.entries()) {
    const cells = DURABILITIES.map((durability) => count(median(rates.get(`${row} ${durability}`) ?? [])));
    console.log(`| ${workers} | ${name} | ${cells.join(' | ')} |`);
  }
  for (const store of stores.values()) await store.close();
  rmSync(scratch, { recursive: true });
}

const keyOf = (index: number): string => `key:${String(index).padStart(9, '0')}`;

async function fill(path: string, entries: number): Promise<void> {
  const store = new MemStore({ journal: lmdbJournal({ path }) });
  const BATCH = 20_000;
  for (let start = 0; start < entries; start += BATCH) {
    const length = Math.min(BATCH, entries - start);
    await store.putMany(Array.from({ length }, (_, index) => [keyOf(start + index), VALUE] as const));
  }
  await store.close();
}

/** Opens the journal in a new process, so that its memory is fresh. */
function openInProcess(path: string): {
  openMs: number;
  /** The CPU time, which other programs on the machine hardly affect. */
  cpuMs: number;
  entries: number;
  commits: number;
  rssMiB: number;
} {
  const file = fileURLToPath(import.meta.url);
  const words = ['--max-old-space-size=12000', '--import', 'tsx', file, 'open-once', path];
  const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as ReturnType<typeof openInProcess>;
}

async function openOnce(path: string, seconds: number): Promise<void> {
  const random = seededRandom(1);
  const [start, cpuStart] = [performance.now(), process.cpuUsage()];
  const store = new MemStore({ journal: lmdbJournal({ path }) });
  await store.getMany([]);
  const openMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuStart);
  const cpuMs = (user + system) / 1_000;
  const { entries } = store.stats();
  const update: Work = (of) => of.put(keyOf(Math.floor(random() * entries)), VALUE);
  const commits = await rate(store, update, 64, seconds * 1_000);
  const rssMiB = process.memoryUsage.rss() / 2 ** 20;
  await store.close();
  console.log(JSON.stringify({ openMs, cpuMs, entries, commits, rssMiB }));
}

async function measureOpening(path: string, times: number): Promise<void> {
  const file = join(path, 'data.mdb');
  // Drop the file from the page cache, so that the first opening is as slow as after a reboot.
  spawnSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0']);
  const cold = openInProcess(path);
  const warm = Array.from({ length: times }, () => openInProcess(path));
  const openMs = median(warm.map((one) => one.openMs));
  const cells = [
    count(cold.entries),
    `${count(statSync(file).size / 2 ** 20)} MiB`,
    `${(cold.openMs / 1_000).toFixed(2)} s`,
    `${(openMs / 1_000).toFixed(2)} s`,
    `${(median(warm.map((one) => one.cpuMs)) / 1_000).toFixed(2)} s`,
    `${count(median(warm.map((one) => one.rssMiB)))} MiB`,
    count(median(warm.map((one) => one.commits))),
  ];
  console.log(`On ${await diskOf(path)}:`);
  console.log('| entries | file | first open | later | CPU time | memory | commits per second, 64 workers |');
  console.log('| ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
  console.log(`| ${cells.join(' | ')} |`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    directory: { type: 'string', default: tmpdir() },
    seconds: { type: 'string', default: '0.3' },
    times: { type: 'string', default: '3' },
  },
});
const [what, path = '', entries = ''] = positionals;
const seconds = Number(values.seconds);
if (what === 'fill') await fill(path, Number(entries));
else if (what === 'open') await measureOpening(path, Number(values.times));
else if (what === 'open-once') await openOnce(path, seconds);
else await measureCommits(values.directory, seconds);

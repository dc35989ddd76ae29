/**
 * Measures how the time to check a history grows with its size: `node --import tsx bench/history-checker.ts`.
 *
 * The histories come from a simulated serializable store with ten clients. Its keys change over time, as in
 * any long test. "Skewed" histories come from a store with write skew, so the checker must also search for
 * cycles. Prints the median CPU time of three rounds, including garbage collection.
 */
import { checkHistory, type History, type HistoryReport } from '../src/testing/history/index.ts';
import { type Isolation, type SimulationOptions, simulate } from '../test/testing/history/weak-store.ts';

const SIZES = [1_000, 10_000, 20_000, 50_000, 100_000];

/** Each history is assembled from pieces of this size, because the simulated stores are slow. */
const PIECE = 1_000;

interface Workload {
  readonly name: string;
  readonly isolation: Isolation;
  readonly options: Pick<SimulationOptions, 'kind' | 'scans' | 'deletes'>;
}

const WORKLOADS: readonly Workload[] = [
  { name: 'lists', isolation: 'serializable', options: { kind: 'list' } },
  { name: 'registers', isolation: 'serializable', options: { kind: 'register' } },
  { name: 'registers, scans', isolation: 'serializable', options: { kind: 'register', scans: true } },
  {
    name: 'registers, scans, deletes',
    isolation: 'serializable',
    options: { kind: 'register', scans: true, deletes: true },
  },
  { name: 'registers, scans, skewed', isolation: 'snapshot', options: { kind: 'register', scans: true } },
];

function generate({ isolation, options }: Workload, size: number): History {
  const transactions = [];
  for (let piece = 0; piece < size / PIECE; piece++) {
    const shape = { transactions: PIECE, operations: 8, keys: 100, clients: 10 };
    const made = simulate({ ...options, ...shape, isolation, seed: piece });
    const offset = piece * PIECE * 100;
    const rename = (key: string): string => `${String(piece).padStart(4, '0')}/${key}`;
    for (const { id, status, beginAt = 0, endAt = 0, operations } of made.transactions) {
      transactions.push({
        id: Number(id) + offset,
        status,
        beginAt: beginAt + offset,
        endAt: endAt + offset,
        operations: operations.map((operation) =>
          operation.type === 'scan'
            ? {
                ...operation,
                range: { from: rename(operation.range.from), to: rename(operation.range.to ?? 'l') },
                entries: operation.entries.map(([key, value]) => [rename(key), value] as const),
              }
            : { ...operation, key: rename(operation.key) },
        ),
      });
    }
  }
  return { transactions };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

for (const workload of WORKLOADS) {
  console.log(`\n${workload.name}`);
  console.log('transactions  operations      edges  anomalies  CPU ms  us/transaction');
  for (const size of SIZES) {
    const history = generate(workload, size);
    const operations = history.transactions.reduce((sum, each) => sum + each.operations.length, 0);
    const times: number[] = [];
    let report: HistoryReport | undefined;
    for (let round = 0; round < 3; round++) {
      const start = process.cpuUsage();
      report = checkHistory(history);
      const { user, system } = process.cpuUsage(start);
      times.push((user + system) / 1e3);
    }
    const ms = median(times);
    const cells = [
      size,
      operations,
      report?.edges,
      report?.anomalies.length,
      ms.toFixed(0),
      ((ms * 1e3) / size).toFixed(1),
    ];
    const widths = [12, 12, 11, 11, 8, 16];
    console.log(cells.map((cell, place) => String(cell).padStart(widths[place] ?? 0)).join(''));
  }
}

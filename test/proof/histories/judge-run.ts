import { MemStore } from 'memstore-tx';
import {
  checkHistory,
  formatReport,
  type HistoryReport,
  type HistoryTransaction,
  type HistoryValue,
} from 'memstore-tx/testing';
import type { Commit } from './commit-log.ts';
import type { HistoryRun } from './history-run.ts';
import type { Recording } from './recording.ts';
import type { Numbers } from './run-context.ts';

export interface Verdict {
  /** The problems found, in sentences. Empty if there are none. */
  readonly problems: readonly string[];
  readonly report: HistoryReport;
}

/**
 * Compares the results of the transactions with the changes that the store made. The run must be over.
 *
 * Evictions and expiries are added to the history as transactions that delete the entry.
 */
export async function judgeRun(run: HistoryRun): Promise<Verdict> {
  const judge = new Judge(run);
  for (const commit of run.log.commits) judge.follow(commit);
  const report = judge.report();
  return {
    problems: [
      ...run.problems,
      ...run.log.problems,
      ...judge.problems,
      ...(await leftovers(run, judge.state)),
    ],
    report,
  };
}

/** The value of a key, and the transaction that wrote it. */
interface Current {
  readonly value: number;
  readonly writer: Recording;
}

class Judge {
  readonly problems: string[] = [];
  readonly state = new Map<string, Current>();
  readonly #removals: HistoryTransaction[] = [];
  readonly #versionOrder = new Map<string, HistoryValue[]>();
  readonly #recordings: readonly Recording[];
  readonly #byId: ReadonlyMap<number | undefined, Recording>;
  readonly #oneShotByValue = new Map<HistoryValue, Recording>();
  /** The one-shot deletes of each key, in order, that are not yet matched with a change. */
  readonly #oneShotDeletes = new Map<string, Recording[]>();
  readonly #unaccounted = new Set<Recording>();

  constructor({ recordings }: HistoryRun) {
    this.#recordings = recordings;
    this.#byId = new Map(recordings.map((recording) => [recording.transactionId, recording]));
    for (const recording of recordings) {
      if (!recording.isCommitted) continue;
      const writes = recording.finalWrites();
      if (writes.size > 0) this.#unaccounted.add(recording);
      if (recording.transactionId !== undefined) continue;
      for (const [key, { value, isDelete }] of writes) {
        if (isDelete) this.#oneShotDeletes.set(key, [...(this.#oneShotDeletes.get(key) ?? []), recording]);
        else this.#oneShotByValue.set(value, recording);
      }
    }
  }

  follow(commit: Commit): void {
    const { by, writes } = commit;
    if (typeof by !== 'number') this.#followRemoval(commit);
    else this.#followWrites(this.#byId.get(by) ?? this.#oneShotOf(writes), commit);
  }

  report(): HistoryReport {
    for (const { name } of this.#unaccounted)
      this.problems.push(`${name} committed, but there was no event for it`);
    const transactions = [
      ...this.#recordings.map((recording) => recording.toTransaction()),
      ...this.#removals,
    ];
    const report = checkHistory({ transactions }, { versionOrder: this.#versionOrder });
    if (!report.valid) this.problems.push(formatReport(report));
    return report;
  }

  #oneShotOf(writes: Commit['writes']): Recording | undefined {
    const [first] = writes;
    if (first === undefined) return undefined;
    const [key, value] = first;
    return value === undefined ? this.#oneShotDeletes.get(key)?.shift() : this.#oneShotByValue.get(value);
  }

  /** Checks that the changes equal the last writes of the transaction. */
  #followWrites(recording: Recording | undefined, { by, writes }: Commit): void {
    if (recording === undefined || !this.#unaccounted.delete(recording)) {
      this.problems.push(`transaction ${by} committed ${JSON.stringify(writes)}, which no transaction wrote`);
      return;
    }
    const expected = recording.finalWrites();
    if (expected.size !== writes.length) {
      this.problems.push(`${recording.name} wrote ${expected.size} keys, but ${writes.length} changed`);
    }
    for (const [key, value] of writes) {
      const write = expected.get(key);
      if (write === undefined || (write.isDelete ? undefined : write.value) !== value) {
        this.problems.push(`${recording.name} committed ${key} = ${value}, but wrote ${write?.value}`);
        continue;
      }
      this.#versionsOf(key).push(write.value);
      if (value === undefined) this.state.delete(key);
      else this.state.set(key, { value, writer: recording });
    }
  }

  #followRemoval({ by, toldAt, writes }: Commit): void {
    for (const [key] of writes) {
      const current = this.state.get(key);
      if (current === undefined) {
        this.problems.push(`${key} was ${by} although it was absent`);
        continue;
      }
      this.state.delete(key);
      const mark = `${by} at ${toldAt}`;
      this.#versionsOf(key).push(mark);
      this.#removals.push({
        id: `${key} ${mark}`,
        status: 'committed',
        beginAt: current.writer.beginAt,
        endAt: toldAt,
        operations: [
          { type: 'read', key, value: current.value },
          { type: 'delete', key, value: mark },
        ],
      });
    }
  }

  #versionsOf(key: string): HistoryValue[] {
    let versions = this.#versionOrder.get(key);
    if (versions === undefined) {
      versions = [];
      this.#versionOrder.set(key, versions);
    }
    return versions;
  }
}

/**
 * Checks the store at the end: it must have exactly the expected entries, and no locks, transactions or
 * versions.
 */
async function leftovers(run: HistoryRun, state: ReadonlyMap<string, Current>): Promise<string[]> {
  const { store, setup, log } = run;
  const problems: string[] = [];
  const expect = (what: string, actual: unknown, expected: unknown): void => {
    const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (is !== should) problems.push(`${what}: ${is} instead of ${should}`);
  };
  const stats = store.stats();
  expect('changes without an event', log.untold, 0);
  expect('locks', store.locks(), { held: [], waiting: [] });
  expect('open', [stats.activeTransactions, stats.activeSnapshots, stats.waitingOperations], [0, 0, 0]);
  expect('versions', stats.historyVersions, 0);
  const expected = [...state].map(([key, { value }]) => [key, value]).sort();
  expect('the state', await entriesOf(store), expected);
  if (stats.entries > setup.maxEntries)
    problems.push(`the store has ${stats.entries} entries, more than the maximum ${setup.maxEntries}`);
  await store.close();
  if (setup.journal !== undefined) {
    const reopened = new MemStore<Numbers>({ journal: setup.journal, clock: setup.context.clock });
    expect('the entries that the journal loads', await entriesOf(reopened), expected);
    // The store deletes expired entries from the journal, which takes time.
    await run.passTimeUntil(reopened.close());
  }
  return problems;
}

async function entriesOf(store: MemStore<Numbers>): Promise<(readonly [string, number])[]> {
  const entries: [string, number][] = [];
  for await (const entry of store.entries()) entries.push(entry);
  return entries;
}

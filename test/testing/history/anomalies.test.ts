import { describe, expect, it } from 'vitest';
import {
  type AnomalyName,
  checkHistory,
  formatReport,
  type History,
  type HistoryOptions,
  type HistoryReport,
  type HistoryTransaction,
  type Operation,
} from '../../../src/testing/history/index.ts';
import { ISOLATION_LEVELS } from '../../../src/testing/history/isolation-level.ts';
import { aborted, append, committed, history, read, remove, scan, unknown, write } from './notation.ts';

/** Checks that exactly these anomalies are found, and returns the report. */
function expectAnomalies(
  checked: History,
  names: readonly AnomalyName[],
  options?: HistoryOptions,
): HistoryReport {
  const report = checkHistory(checked, options);
  expect(
    report.anomalies.map(({ name }) => name),
    formatReport(report),
  ).toEqual(names);
  expect(report.valid).toBe(names.length === 0);
  return report;
}

function cycleKinds(report: HistoryReport): string[] {
  return (report.anomalies[0]?.cycle ?? []).map(({ from, to, kind }) => `${from} ${kind} ${to}`);
}

describe('reads that are wrong on their own', () => {
  it('garbage read: a value that nobody wrote', () => {
    expectAnomalies(history(committed(1, [write('x', 1)]), committed(2, [read('x', 7)])), ['garbage-read']);
    expectAnomalies(history(committed(1, [read('x', 7)])), ['garbage-read']);
    expectAnomalies(history(committed(1, [append('x', 1)]), committed(2, [read('x', [1, 7])])), [
      'garbage-read',
    ]);
  });

  it('garbage read: a list where a value was written, and the other way round', () => {
    expectAnomalies(history(committed(1, [write('x', 1)]), committed(2, [read('x', [1])])), ['garbage-read']);
    expectAnomalies(history(committed(1, [append('x', 1)]), committed(2, [read('x', 1)])), ['garbage-read']);
  });

  it('garbage read: a scan that yields a key outside its range', () => {
    const outside = scan({ gte: 'a', lt: 'b' }, { c: 1 });
    expectAnomalies(history(committed(1, [write('c', 1)]), committed(2, [outside])), ['garbage-read']);
  });

  const rows = (entries: readonly [string, number][], reverse?: boolean): Operation => ({
    type: 'scan',
    range: { from: 'a', to: undefined },
    entries,
    reverse,
  });
  const abc = committed(1, [write('a', 1), write('b', 2), write('c', 3)]);

  it('duplicate row: a scan that yields a key twice', () => {
    const twice = rows([
      ['a', 1],
      ['b', 2],
      ['b', 2],
      ['c', 3],
    ]);
    const [anomaly] = expectAnomalies(history(abc, committed(2, [twice])), ['duplicate-row']).anomalies;
    expect(anomaly?.explanation).toBe('T2 scanned keys from "a" and got "b" twice.');
    expectAnomalies(history(abc, committed(2, [twice])), ['duplicate-row'], { level: 'read-uncommitted' });
  });

  it('unordered scan: keys out of order, or in the other direction than the scan', () => {
    const mixed = rows([
      ['a', 1],
      ['c', 3],
      ['b', 2],
    ]);
    const [anomaly] = expectAnomalies(history(abc, committed(2, [mixed])), ['unordered-scan']).anomalies;
    expect(anomaly?.explanation).toBe('T2 scanned keys from "a" and got "b" after "c".');
    const up: readonly [string, number][] = [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ];
    expectAnomalies(history(abc, committed(2, [rows([...up]), rows([...up].reverse())])), []);
    expectAnomalies(history(abc, committed(2, [rows([...up], false), rows([...up].reverse(), true)])), []);
    expectAnomalies(history(abc, committed(2, [rows([...up], true)])), ['unordered-scan']);
    expectAnomalies(history(abc, committed(2, [rows([...up].reverse(), false)])), ['unordered-scan']);
  });

  it('each kind of row anomaly is reported once per scan', () => {
    const pairs = ['b', 'b', 'b', 'c', 'a', 'a'].map((key): [string, number] => [
      key,
      'abc'.indexOf(key) + 1,
    ]);
    expectAnomalies(history(abc, committed(2, [rows(pairs)])), ['duplicate-row', 'unordered-scan']);
  });

  it('duplicate elements', () => {
    const report = checkHistory(history(committed(1, [append('x', 1)]), committed(2, [read('x', [1, 1])])));
    expect(report.anomalies.map(({ name }) => name)).toContain('duplicate-elements');
  });

  it('incompatible order: two reads that no single order of appends explains', () => {
    expectAnomalies(
      history(
        committed(1, [append('x', 1)]),
        committed(2, [append('x', 2)]),
        committed(3, [read('x', [1, 2])]),
        committed(4, [read('x', [2])]),
      ),
      ['incompatible-order'],
      { level: 'read-uncommitted' },
    );
  });

  it('incompatible order: the second append of a transaction without its first', () => {
    expectAnomalies(history(committed(1, [append('x', 1), append('x', 2)]), committed(2, [read('x', [2])])), [
      'incompatible-order',
    ]);
  });

  it('internal: a transaction that does not see its own writes', () => {
    expectAnomalies(history(committed(1, [write('x', 1), read('x', undefined)])), ['internal']);
    expectAnomalies(history(committed(1, [append('x', 1), read('x', [])])), ['internal']);
    expectAnomalies(history(committed(1, [write('x', 1), remove('x'), read('x', 1)])), ['internal']);
    expectAnomalies(history(committed(1, [write('x', 1), scan({}, {})])), ['internal']);
    expectAnomalies(history(committed(1, [append('x', 1), scan({}, {})])), ['internal']);
    expectAnomalies(history(committed(1, [read('x', 1), write('x', 1)])), ['internal']);
    expectAnomalies(history(committed(1, [read('x', [1]), append('x', 1)])), ['internal']);
  });

  it('G1a: a read of an aborted write', () => {
    expectAnomalies(history(aborted(1, [write('x', 1)]), committed(2, [read('x', 1)])), ['G1a']);
    expectAnomalies(history(aborted(1, [append('x', 1)]), committed(2, [read('x', [1])])), ['G1a']);
  });

  it('G1b: a read of a version that its own writer replaced', () => {
    expectAnomalies(history(committed(1, [write('x', 1), write('x', 2)]), committed(2, [read('x', 1)])), [
      'G1b',
    ]);
    expectAnomalies(history(committed(1, [append('x', 1), append('x', 2)]), committed(2, [read('x', [1])])), [
      'G1b',
    ]);
  });

  it('fuzzy read: the same key twice, with two versions', () => {
    expectAnomalies(
      history(committed(1, [write('x', 1)]), committed(2, [read('x', undefined), read('x', 1)])),
      ['fuzzy-read'],
    );
    expectAnomalies(history(committed(1, [append('x', 1)]), committed(2, [read('x', []), read('x', [1])])), [
      'fuzzy-read',
    ]);
  });

  it('lost update: two transactions that read the same version and replaced it', () => {
    const report = expectAnomalies(
      history(
        committed(1, [write('x', 1)]),
        committed(2, [read('x', 1), write('x', 2)]),
        committed(3, [read('x', 1), write('x', 3)]),
      ),
      ['lost-update'],
    );
    expect(cycleKinds(report)).toEqual(['2 rw 3', '3 rw 2']);
    expectAnomalies(
      history(
        committed(2, [read('x', []), append('x', 2)]),
        committed(3, [read('x', []), append('x', 3)]),
        committed(4, [read('x', [2, 3])]),
      ),
      ['lost-update'],
    );
  });
});

describe('cycles', () => {
  it('G0: interleaved writes', () => {
    const report = expectAnomalies(
      history(
        committed(1, [append('x', 1), append('y', 1)]),
        committed(2, [append('x', 2), append('y', 2)]),
        committed(3, [read('x', [1, 2]), read('y', [2, 1])]),
      ),
      ['G0'],
    );
    expect(cycleKinds(report)).toEqual(['1 ww 2', '2 ww 1']);
    expect(report.anomalies[0]?.cycle[0]).toMatchObject({ key: 'x', value: 1, nextValue: 2 });
  });

  it('G0: a cycle of writes to registers, if the store reports the order of versions', () => {
    const checked = history(
      committed(1, [write('x', 1), write('y', 1)]),
      committed(2, [write('x', 2), write('y', 2)]),
    );
    expectAnomalies(checked, []);
    const versionOrder = new Map([
      ['x', [1, 2]],
      ['y', [2, 1]],
    ]);
    expectAnomalies(checked, ['G0'], { versionOrder });
    expectAnomalies(checked, [], { commitOrder: [2, 1] });
  });

  it('G1c: two transactions that each read a write of the other', () => {
    const report = expectAnomalies(
      history(committed(1, [write('x', 1), read('y', 2)]), committed(2, [write('y', 2), read('x', 1)])),
      ['G1c'],
    );
    expect(cycleKinds(report)).toEqual(['1 wr 2', '2 wr 1']);
  });

  it('G-single: a reader that saw half a commit', () => {
    const report = expectAnomalies(
      history(
        committed(1, [write('x', 1), write('y', 1)]),
        committed(2, [read('x', 1), read('y', undefined)]),
      ),
      ['G-single'],
    );
    expect(cycleKinds(report)).toEqual(['2 rw 1', '1 wr 2']);
    expect(report.anomalies[0]?.cycle[0]).toMatchObject({ key: 'y', value: undefined, nextValue: 1 });
  });

  it('G-single: a scan that missed an insert whose effects it saw', () => {
    const report = expectAnomalies(
      history(
        committed(1, [write('job:1', 1), write('count', 1)]),
        committed(2, [scan({ prefix: 'job:' }, {}), read('count', 1)]),
      ),
      ['G-single'],
    );
    expect(cycleKinds(report)).toEqual(['2 predicate-rw 1', '1 wr 2']);
    expect(report.anomalies[0]?.cycle[0]).toMatchObject({
      key: 'job:1',
      range: { from: 'job:', to: 'job;' },
    });
  });

  it('G-single: a scan that missed a marked delete whose effects it saw', () => {
    expectAnomalies(
      history(
        committed(1, [write('job:1', 1)]),
        committed(2, [read('job:1', 1), remove('job:1', 'gone'), write('count', 0)]),
        committed(3, [scan({ prefix: 'job:' }, { 'job:1': 1 }), read('count', 0)]),
      ),
      ['G-single'],
    );
  });

  it('G-single: a read of one key, and the absence of another that was deleted in the same transaction', () => {
    const half = (...operations: Operation[]): History =>
      history(
        committed(0, [write('x', 1), write('y', 1)]),
        committed(1, [remove('x'), remove('y')]),
        committed(2, operations),
      );
    for (const level of [
      'repeatable-read',
      'snapshot-isolation',
      'serializable',
      'strict-serializable',
    ] as const)
      for (const checked of [
        half(read('x', 1), read('y', undefined)),
        half(read('y', undefined), read('x', 1)),
        half(scan({}, { x: 1 })),
      ])
        expect(cycleKinds(expectAnomalies(checked, ['G-single'], { level })).sort(), level).toEqual([
          expect.stringMatching(/^1 (predicate-)?wr 2$/),
          '2 rw 1',
        ]);
    // In the histories below, each read may see the state of a different moment.
    expectAnomalies(half(read('y', undefined), read('x', 1)), [], { level: 'read-committed' });
  });

  it('G2-item: write skew', () => {
    const report = expectAnomalies(
      history(
        committed(1, [read('x', undefined), read('y', undefined), write('x', 1)]),
        committed(2, [read('x', undefined), read('y', undefined), write('y', 2)]),
      ),
      ['G2-item'],
    );
    expect(cycleKinds(report)).toEqual(['1 rw 2', '2 rw 1']);
  });

  it('G2-item: the read-only transaction anomaly of Fekete, O’Neil and O’Neil (2004)', () => {
    expectAnomalies(
      history(
        committed(0, [write('x', 10), write('y', 10)]),
        committed(1, [read('y', 10), write('y', 11)]),
        committed(2, [read('x', 10), read('y', 10), write('x', 12)]),
        committed(3, [read('x', 10), read('y', 11)]),
      ),
      ['G2-item'],
    );
  });

  it('G2: phantoms, where each transaction inserts into the range that the other has scanned', () => {
    const report = expectAnomalies(
      history(
        committed(1, [scan({ prefix: 'shift:' }, {}), write('shift:1', 1)]),
        committed(2, [scan({ prefix: 'shift:' }, {}), write('shift:2', 2)]),
      ),
      ['G2'],
    );
    expect(cycleKinds(report)).toEqual(['1 predicate-rw 2', '2 predicate-rw 1']);
  });

  it('G2: two transactions that both missed a key and both put it', () => {
    expectAnomalies(
      history(committed(1, [scan({}, {}), write('a', 1)]), committed(2, [scan({}, {}), write('a', 2)])),
      ['G2'],
    );
  });

  it('takes the last write of a transaction as its version, not an intermediate one', () => {
    expectAnomalies(
      history(
        committed(1, [write('x', 1), write('x', 2)]),
        committed(2, [read('x', 2), write('x', 3), write('y', 3)]),
        committed(3, [read('x', 1), read('y', 3)]),
      ),
      ['G1b', 'G-single'],
    );
  });

  it('names the strongest of several cycles in one component', () => {
    expectAnomalies(
      history(
        committed(1, [write('x', 1), read('y', 2), write('z', 1)]),
        committed(2, [write('y', 2), read('x', 1), read('z', undefined)]),
      ),
      ['G1c'],
    );
  });

  it('names each of several components', () => {
    expectAnomalies(
      history(
        committed(1, [write('x', 1), read('y', 2)]),
        committed(2, [write('y', 2), read('x', 1)]),
        committed(3, [read('p', undefined), write('q', 3)]),
        committed(4, [read('q', undefined), write('p', 4)]),
      ),
      ['G1c', 'G2-item'],
    );
  });
});

describe('real time', () => {
  it('G-single-realtime: a stale read', () => {
    const stale = history(
      committed(1, [write('x', 1)], [0, 1]),
      committed(2, [read('x', undefined)], [2, 3]),
    );
    const report = expectAnomalies(stale, ['G-single-realtime']);
    expect(cycleKinds(report)).toEqual(['2 rw 1', '1 realtime 2']);
    expectAnomalies(stale, [], { level: 'serializable' });
  });

  it('G-single-realtime: a stale read that only the times of the writes show', () => {
    const report = expectAnomalies(
      history(
        committed(1, [write('x', 1)], [0, 1]),
        committed(2, [write('x', 2)], [2, 3]),
        committed(3, [read('x', 1)], [4, 5]),
      ),
      ['G-single-realtime'],
    );
    expect(report.anomalies[0]?.cycle[0]).toMatchObject({
      kind: 'rw',
      assumesRealTime: true,
      value: 1,
      nextValue: 2,
    });
  });

  it('G-single-realtime: a scan that misses a key that was acknowledged before', () => {
    expectAnomalies(history(committed(1, [write('a', 1)], [0, 1]), committed(2, [scan({}, {})], [2, 3])), [
      'G-single-realtime',
    ]);
  });

  it('G-single-realtime: a key that is absent before its delete began', () => {
    expectAnomalies(
      history(
        committed(1, [write('a', 1)], [0, 1]),
        committed(2, [read('a', undefined)], [2, 3]),
        committed(3, [read('a', 1), remove('a')], [4, 5]),
      ),
      ['G-single-realtime'],
    );
  });

  it('G-single-realtime: a scan that saw a delete but not another write of its transaction', () => {
    expectAnomalies(
      history(
        committed(1, [write('a', 1)], [0, 1]),
        committed(2, [read('a', 1), remove('a'), write('b', 2)], [2, 5]),
        committed(3, [scan({}, {})], [3, 4]),
      ),
      ['G-single-realtime'],
    );
  });

  it('G0-realtime: an order of versions that contradicts the clock', () => {
    const commits = history(committed(1, [write('x', 1)], [0, 1]), committed(2, [write('x', 2)], [2, 3]));
    expectAnomalies(commits, ['G0-realtime'], { commitOrder: [2, 1] });
    expectAnomalies(commits, [], { commitOrder: [1, 2] });
  });

  it('G1c-realtime: a read from the future', () => {
    expectAnomalies(history(committed(1, [read('x', 1)], [0, 1]), committed(2, [write('x', 1)], [2, 3])), [
      'G1c-realtime',
    ]);
  });

  it('G2-item-realtime: two stale reads that contradict the clock only together', () => {
    const report = expectAnomalies(
      history(
        committed(1, [read('x', undefined), write('y', 1)], [0, 10]),
        committed(2, [write('x', 2)], [0, 1]),
        committed(3, [read('y', undefined)], [2, 3]),
      ),
      ['G2-item-realtime'],
    );
    expect(cycleKinds(report).sort()).toEqual(['1 rw 2', '2 realtime 3', '3 rw 1']);
  });

  it('G2-realtime: two stale scans that contradict the clock only together', () => {
    expectAnomalies(
      history(
        committed(1, [scan({ prefix: 'x' }, {}), write('y', 1)], [0, 10]),
        committed(2, [write('x', 2)], [0, 1]),
        committed(3, [read('y', undefined)], [2, 3]),
      ),
      ['G2-realtime'],
    );
  });

  it('remembers transactions that ended long before, regardless of later ones', () => {
    expectAnomalies(
      history(
        committed(1, [write('x', 1)], [0, 1]),
        committed(2, [], [2, 20]),
        committed(3, [], [0, 4]),
        committed(4, [read('x', undefined)], [5, 6]),
      ),
      ['G-single-realtime'],
    );
  });

  it('finds the replacement of a version that its reader has overwritten itself', () => {
    expectAnomalies(
      history(
        committed(1, [write('x', 1)], [0, 1]),
        committed(2, [write('x', 2), write('y', 2)], [4, 10]),
        committed(3, [read('x', 1), write('x', 3), read('y', 2)], [5, 6]),
      ),
      ['G-single-realtime'],
    );
  });

  it('treats transactions that touch at one moment as concurrent', () => {
    expectAnomalies(
      history(committed(1, [write('x', 1)], [0, 1]), committed(2, [read('x', undefined)], [1, 3])),
      [],
    );
    expectAnomalies(
      history(
        committed(1, [write('x', 1)], [0, 1]),
        committed(2, [write('x', 2)], [1, 2]),
        committed(3, [read('x', 1)], [3, 4]),
      ),
      [],
    );
  });
});

describe('isolation levels', () => {
  const writeSkew = history(
    committed(1, [read('x', undefined), write('y', 1)]),
    committed(2, [read('y', undefined), write('x', 2)]),
  );
  const phantomRead = history(
    committed(1, [write('job:1', 1), write('count', 1)]),
    committed(2, [scan({ prefix: 'job:' }, {}), read('count', 1)]),
  );
  const lostUpdate = history(
    committed(2, [read('x', undefined), write('x', 2)]),
    committed(3, [read('x', undefined), write('x', 3)]),
  );

  it.each([
    ['write skew', writeSkew, ['repeatable-read', 'serializable', 'strict-serializable']],
    ['phantom read', phantomRead, ['snapshot-isolation', 'serializable', 'strict-serializable']],
    [
      'lost update',
      lostUpdate,
      ['repeatable-read', 'snapshot-isolation', 'serializable', 'strict-serializable'],
    ],
  ] as const)('%s is forbidden where Adya forbids it', (_name, checked, forbidding) => {
    const forbid = ISOLATION_LEVELS.filter((level) => !checkHistory(checked, { level }).valid);
    expect(forbid).toEqual(forbidding);
  });
});

describe('correct histories', () => {
  // A checker that compares every delete with every absent read takes minutes for this history.
  it('a key that is deleted 30,000 times', () => {
    const checked = deletedAgainAndAgain(30_000);
    expect(checkHistory(checked).valid).toBe(true);
    expect(checkHistory(checked, { level: 'serializable' }).valid).toBe(true);
  });

  it('an empty history', () => {
    expectAnomalies(history(), []);
  });

  it('a transaction of unknown status, which counts only if another one saw its writes', () => {
    expectAnomalies(history(unknown(1, [write('x', 1)], [0, 1]), committed(2, [read('x', 1)], [2, 3])), []);
    expectAnomalies(
      history(unknown(1, [write('x', 1)], [0, 1]), committed(2, [read('x', undefined)], [2, 3])),
      [],
    );
    expectAnomalies(
      history(unknown(1, [write('x', 1), write('y', 1)]), committed(2, [read('x', 1), read('y', undefined)])),
      ['G-single'],
    );
  });

  it('a write of unknown status may take effect after its client gave up', () => {
    expectAnomalies(
      history(
        unknown(1, [write('x', 1)], [0, 1]),
        committed(2, [read('x', undefined)], [2, 3]),
        committed(3, [read('x', 1)], [4, 5]),
      ),
      [],
    );
  });

  it('a delete that is seen by its mark, and as absence', () => {
    expectAnomalies(
      history(
        committed(1, [write('a', 1)]),
        committed(2, [read('a', 1), remove('a', 'gone')]),
        committed(3, [read('a', 'gone'), read('a', undefined)]),
      ),
      [],
      { level: 'serializable' },
    );
  });

  it('a key that is put and deleted repeatedly', () => {
    expectAnomalies(
      history(
        committed(1, [write('a', 1)], [0, 1]),
        committed(2, [scan({}, { a: 1 }), remove('a')], [2, 3]),
        committed(3, [read('a', undefined), write('a', 3)], [4, 5]),
        committed(4, [remove('a'), scan({}, {}), read('a', undefined)], [6, 7]),
        committed(5, [read('a', undefined), scan({}, {})], [8, 9]),
      ),
      [],
    );
  });

  it('an absence that an unknown delete may have caused', () => {
    expectAnomalies(
      history(
        committed(1, [write('a', 1)], [0, 1]),
        unknown(2, [read('a', 1), remove('a')], [2, 3]),
        committed(3, [read('a', undefined), scan({}, {})], [4, 5]),
      ),
      [],
    );
  });

  it('a history without times', () => {
    expectAnomalies(history(committed(1, [write('x', 1)]), committed(2, [read('x', undefined)])), []);
  });
});

/** Returns a history of sequential rounds: a key is written, then deleted, then found absent. */
function deletedAgainAndAgain(rounds: number): History {
  const transactions = Array.from({ length: rounds }, (_, round) => {
    const start = 6 * round;
    return [
      committed(`w${round}`, [write('x', round)], [start, start + 1]),
      committed(`d${round}`, [read('x', round), remove('x')], [start + 2, start + 3]),
      committed(`r${round}`, [read('x', undefined)], [start + 4, start + 5]),
    ];
  });
  return history(...transactions.flat());
}

describe('invalid histories', () => {
  const of = (transaction: object): History => ({ transactions: [transaction as HistoryTransaction] });
  const good = { id: 1, status: 'committed', operations: [] };
  const doing = (operation: object): History => of({ ...good, operations: [operation] });

  it.each([
    [
      of({ ...good, status: 'abort' }),
      'The status of transaction 1 must be one of committed, aborted, unknown, got "abort".',
    ],
    [of({ ...good, status: undefined }), /^The status of transaction 1 must be one of .*, got undefined\.$/],
    [
      of({ ...good, id: undefined }),
      'The id of transaction number 0 must be a number or a string, got undefined.',
    ],
    [of({ ...good, beginAt: '1' }), 'The beginAt of transaction 1 must be a number, got "1".'],
    [of({ ...good, endAt: Number.NaN }), 'The endAt of transaction 1 must be a number, got NaN.'],
    [
      of({ ...good, operations: undefined }),
      'The operations of transaction 1 must be an array, got undefined.',
    ],
    [of([]), /^The id of/],
    [
      { transactions: [undefined] } as unknown as History,
      'Transaction number 0 must be an object, got undefined.',
    ],
    [{} as History, 'The transactions of the history must be an array, got undefined.'],
    [undefined as unknown as History, 'The history must be an object, got undefined.'],
    [
      doing({ type: 'get', key: 'x', value: 1 }),
      'The type of operation 0 of transaction 1 must be one of append, write, delete, read, scan, got "get".',
    ],
    [doing({ type: 'read', key: 1 }), 'The key of operation 0 of transaction 1 must be a string, got 1.'],
    [doing({ type: 'read', key: 'x', value: null }), /^The value of operation 0 of .*, got null\.$/],
    [doing({ type: 'read', key: 'x', value: [undefined] }), /^The value of .*, got an array\.$/],
    [doing({ type: 'write', key: 'x', value: undefined }), /^The value of .*, got undefined\.$/],
    [doing({ type: 'append', key: 'x', value: {} }), /^The value of .*, got an object\.$/],
    [doing({ type: 'scan', entries: [] }), /^The range of operation 0 of transaction 1 must be an object/],
    [doing({ type: 'scan', range: {}, entries: [] }), /^The range\.from of /],
    [doing({ type: 'scan', range: { from: '', to: 1 }, entries: [] }), /^The range\.to of /],
    [doing({ type: 'scan', range: { from: '' } }), /^The entries of /],
    [doing({ type: 'scan', range: { from: '' }, entries: [['a']] }), /^The entry 0 of /],
    [doing({ type: 'scan', range: { from: '' }, entries: [], reverse: 1 }), /^The reverse of /],
  ])('%j is refused', (checked, message) => {
    expect(() => checkHistory(checked)).toThrow(TypeError);
    expect(() => checkHistory(checked)).toThrow(message);
  });

  it.each([
    [{ level: 'serialisable' }, /^level must be one of read-uncommitted, .*, got "serialisable"\.$/],
    [
      { levle: 'serializable' },
      /^every option must be one of level, versionOrder, commitOrder, got "levle"\.$/,
    ],
    [{ versionOrder: { x: [1] } }, /^versionOrder must be a Map/],
    [{ versionOrder: new Map([['x', 1]]) }, /^versionOrder of "x" must be an array/],
    [{ commitOrder: [{}] }, /^commitOrder must be an array of transaction ids/],
    [null, /^options must be an object, got null/],
  ])('the options %j are refused', (options, message) => {
    expect(() => checkHistory(history(), options as unknown as HistoryOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }),
    );
  });
});

describe('contradictory histories', () => {
  it.each([
    ['one id twice', history(committed(1, []), committed(1, []))],
    ['one value twice', history(committed(1, [write('x', 1)]), aborted(2, [write('x', 1)]))],
    ['a list and a register', history(committed(1, [write('x', 1)]), committed(2, [append('x', 2)]))],
    ['an end before its begin', history(committed(1, [], [2, 1]))],
  ])('%s is refused', (_name, checked) => {
    expect(() => checkHistory(checked)).toThrow(TypeError);
  });
});

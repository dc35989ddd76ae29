import { type Family, programsOf } from '../schedules/base-programs.ts';
import { exploreAll, type Totals } from '../schedules/explore-all.ts';
import { INSERTIONS, insertedInto } from '../schedules/inserted-programs.ts';
import { formatProgram, type Program } from '../schedules/program.ts';
import { sampled } from '../schedules/sampled.ts';
import { parseSetup } from '../schedules/setup.ts';

const SEED = 20_261_125;

type Hunt = readonly [store: string, programs: Iterable<Program>];

function family(transactions: number, operations: number): Family {
  return { transactions, operations };
}

/** Yields the programs of `test/proof/schedules`, the quick and exhaustive part first. */
function* hunts(): Generator<Hunt> {
  const events = Object.keys(INSERTIONS);
  const inserted = (insertion: string): Iterable<Program> =>
    insertedInto(programsOf(family(2, 2)), insertion);

  yield ['keyLocks/hashShards/unbounded/a', programsOf(family(2, 2))];
  yield ['keyLocks/hashShards/unbounded/a', programsOf(family(3, 1))];
  for (const insertion of events) yield ['keyLocks/hashShards/unbounded/a', inserted(insertion)];
  for (const second of ['abort', 'timeout', 'idle']) {
    const programs = insertedInto(insertedInto(programsOf(family(3, 1)), 'scan'), second);
    yield ['keyLocks/hashShards/unbounded/ab', sampled(programs, 1 / 8, SEED)];
  }
  for (const insertion of events) {
    yield ['keyLocks/rangeShards/lru/a', sampled(inserted(insertion), 1 / 20, SEED)];
    yield ['mutexLocks/rangeShards/unbounded/a', sampled(inserted(insertion), 1 / 8, SEED)];
  }
  const snapshot = insertedInto(programsOf(family(2, 2)), 'snapshot');
  const beside = Array.from(sampled(snapshot, 1 / 20, SEED), (program): Program => {
    return { ...program, snapshots: [...program.snapshots, ...program.snapshots] };
  });
  yield ['keyLocks/hashShards/unbounded/ab', beside];
  yield ['keyLocks/hashShards/unbounded/ab', programsOf(family(3, 2))];
}

let schedules = 0;
let failure: string | undefined;
let underWay = '';

function* watched(store: string, programs: Iterable<Program>): Generator<Program> {
  for (const program of programs) {
    underWay = `${store}: ${formatProgram(program)}`;
    yield program;
  }
}

// This also runs when Node ends while the next step is pending, because nothing can settle it.
process.on('exit', () => {
  failure ??= process.exitCode === 0 ? undefined : `a transaction waits for ever --replay '${underWay}'`;
  console.log(JSON.stringify({ schedules, failure }));
});

for (const [store, programs] of hunts()) {
  const before = schedules;
  const onProgram = (totals: Totals): void => {
    schedules = before + totals.schedules;
  };
  const options = { maxRuns: 3_000, onProgram };
  const all = await exploreAll(parseSetup(store), watched(store, programs), options);
  schedules = before + all.schedules;
  failure = all.failure;
  if (failure !== undefined) break;
}
// A bug may have left a timer.
process.exit(0);

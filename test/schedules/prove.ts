import { parseArgs } from 'node:util';
import { everyProgramOf, type Family, programsOf } from './base-programs.ts';
import { replay } from './explore.ts';
import { exploreAll } from './explore-all.ts';
import { INSERTIONS, insertedInto } from './inserted-programs.ts';
import type { Program } from './program.ts';
import { parseSchedule } from './schedule-failure.ts';
import { parseSetup } from './setup.ts';

const USAGE = `Runs every schedule of a family of programs on the library, and checks every step.

  npm run prove -- [--family 3x3] [--insert EVENT] [--store keyLocks/hashShards/unbounded/ab] [--shard 1/8] [--from 0]
  npm run prove -- --replay 'LINE'

  --family  transactions x gets and puts of each
  --insert  puts this event into each program once, in every way: ${Object.keys(INSERTIONS).join(', ')}; or all
  --store   lock strategy / shards / cache / the keys that are present at the beginning
  --shard   runs each eighth program only, beginning with the first of them
  --from    goes on at this program, as the progress says
`;

const PROGRESS_EVERY_MS = 10_000;

const { values } = parseArgs({
  options: {
    family: { type: 'string', default: '3x3' },
    insert: { type: 'string' },
    store: { type: 'string', default: 'keyLocks/hashShards/unbounded/ab' },
    shard: { type: 'string', default: '1/1' },
    from: { type: 'string', default: '0' },
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else if (values.replay !== undefined) await replayLine(values.replay);
else if (values.insert === 'all') for (const insertion of Object.keys(INSERTIONS)) await prove(insertion);
else await prove(values.insert);

async function replayLine(line: string): Promise<void> {
  const { setup, program, schedule } = parseSchedule(line);
  const reason = await replay(setup, program, schedule);
  console.log(reason ?? 'Nothing is wrong with this schedule.');
  if (reason !== undefined) process.exitCode = 1;
}

async function prove(insertion: string | undefined): Promise<void> {
  const [transactions, operations] = numbers(values.family, 'x');
  const [shard, shards] = numbers(values.shard, '/');
  const from = Number(values.from);
  const family = { transactions, operations };
  let last = from;
  const chosen = function* (): Generator<Program> {
    for (const [index, program] of numbered(programs(family, insertion))) {
      if (index < from || index % shards !== shard - 1) continue;
      last = index;
      yield program;
    }
  };
  const beganMs = performance.now();
  let shownMs = beganMs;
  const totals = await exploreAll(parseSetup(values.store), chosen(), {}, (soFar) => {
    if (performance.now() - shownMs < PROGRESS_EVERY_MS) return;
    shownMs = performance.now();
    console.log(`at program ${last}: ${soFar.schedules} schedules`);
  });
  const seconds = (performance.now() - beganMs) / 1000;
  console.log(
    `${values.store} ${values.family} ${insertion ?? 'alone'} shard ${values.shard}: ${totals.programs} programs, ${totals.schedules} schedules, ` +
      `${totals.pruned} given up as equivalent, ${seconds.toFixed(1)} s`,
  );
  if (totals.failure === undefined) return;
  console.log(totals.failure);
  process.exitCode = 1;
}

function programs(family: Family, insertion: string | undefined): Iterable<Program> {
  if (insertion === undefined) return programsOf(family);
  return insertedInto(everyProgramOf(family), insertion);
}

function* numbered(all: Iterable<Program>): Generator<readonly [index: number, program: Program]> {
  let index = 0;
  for (const program of all) yield [index++, program];
}

function numbers(text: string, separator: string): [number, number] {
  const [one, other] = text.split(separator).map(Number);
  if (Number.isInteger(one) && Number.isInteger(other)) return [one as number, other as number];
  throw new Error(`${text} should be two numbers with a ${separator} between them`);
}

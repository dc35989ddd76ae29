import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { brokenLocks, FAULTS } from './broken-locks.ts';
import { explore, replay } from './explore.ts';
import { parseProgram } from './program.ts';
import { formatSchedule, parseSchedule, type ScheduleFailure } from './schedule-failure.ts';
import { parseSetup, type Setup } from './setup.ts';
import { shrink } from './shrink.ts';

const folder = mkdtempSync(join(tmpdir(), 'prove-'));
afterAll(() => rmSync(folder, { recursive: true }));

function prove(...options: string[]): Promise<{ status: number; output: string }> {
  const script = join(import.meta.dirname, 'prove.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', script, ...options], (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
    });
  });
}

describe('a failing schedule', () => {
  const fault = FAULTS['a read takes no lock'];
  if (fault === undefined) throw new Error('FAULTS must have the fault "a read takes no lock".');
  const broken: Setup = {
    ...parseSetup('keyLocks/hashShards/unbounded/ab'),
    brokenLocks: brokenLocks(fault),
  };
  const large = parseProgram(
    'get.b get.a put.b | put.b put.a get.b | get.a savepoint put.a rollbackTo get.b',
  );

  async function failureOf(setup: Setup): Promise<ScheduleFailure> {
    const { failure } = await explore(setup, large);
    if (failure === undefined) throw new Error('A schedule of the program must fail, but none did.');
    return failure;
  }

  it('is printed as a line that can be parsed and fails in the same way', async () => {
    const failure = await failureOf(broken);
    const { setup, program, schedule } = parseSchedule(formatSchedule(failure));
    expect(program).toEqual(failure.program);
    expect(await replay({ ...broken, ...setup }, program, schedule)).toBe(failure.reason);
    expect(await replay(setup, program, schedule)).not.toBe(failure.reason);
  });

  it('shrinks to a program without superfluous events', async () => {
    const smallest = await shrink(await failureOf(broken));
    expect(smallest.program.transactions.flat().length).toBeLessThanOrEqual(3);
    expect(await shrink(smallest)).toBe(smallest);
    expect(await replay(smallest.setup, smallest.program, smallest.schedule)).toBe(smallest.reason);
  });
});

describe('npm run prove', () => {
  it('replays a line', async () => {
    const right = await prove('--replay', 'keyLocks/hashShards/unbounded/ab: get.a | put.a: 0011');
    expect(right).toEqual({ status: 0, output: 'Nothing is wrong with this schedule.\n' });
    const wrong = await prove('--replay', 'keyLocks/hashShards/unbounded/ab: put.a | put.a: 0110');
    expect(wrong).toEqual({ status: 1, output: '1 cannot make a step here\n' });
  });

  it('continues where it was stopped and runs no program twice', async () => {
    const whole = await figures('whole');
    const { next, ...rest } = whole;
    expect(rest).toMatchObject({ isDone: true, programs: 256 });
    expect(next).toBe(256);
    // The file of a stopped run: the first 100 programs have been run and must not run again.
    const file = join(folder, 'stopped');
    const job = 'keyLocks/hashShards/unbounded/ab 2x2 alone 1/1';
    const stopped = { ...whole, next: 100, isDone: false, programs: 100, run: 0, schedules: 0, pruned: 0 };
    writeFileSync(file, JSON.stringify({ [job]: stopped }));
    const resumed = await figures('stopped');
    expect(resumed.programs).toBe(256);
    expect(resumed.run).toBeLessThan(whole.run);
    const again = await prove('--family', '2x2', '--progress', file);
    expect(again.output).toContain('done before');
  });

  it('runs every program in exactly one shard', async () => {
    const whole = await figures('whole');
    const shards = [await figures('one', '--shard', '1/2'), await figures('two', '--shard', '2/2')];
    for (const figure of ['programs', 'run', 'schedules'] as const)
      expect(shards.reduce((sum, shard) => sum + shard[figure], 0)).toBe(whole[figure]);
  });

  async function figures(
    name: string,
    ...options: string[]
  ): Promise<Record<'next' | 'programs' | 'run' | 'schedules', number>> {
    const file = join(folder, name);
    const { status, output } = await prove('--family', '2x2', '--progress', file, ...options);
    expect(status, output).toBe(0);
    const [progress] = Object.values(JSON.parse(readFileSync(file, 'utf8')));
    return progress as Record<'next' | 'programs' | 'run' | 'schedules', number>;
  }
});

import type { LockStrategy } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { programsOf } from './base-programs.ts';
import { brokenLocks, FAULTS, oldestDies, RANGE_FAULTS, SKIP_FAULTS } from './broken-locks.ts';
import { exploreAll } from './explore-all.ts';
import { insertedInto } from './inserted-programs.ts';
import { type Program, parseProgram } from './program.ts';
import type { Setup } from './setup.ts';

const TWO_OF_TWO = { transactions: 2, operations: 2 };

function setupWith(strategy: LockStrategy): Setup {
  return {
    locks: 'keyLocks',
    shards: 'hashShards',
    cache: 'unbounded',
    present: 'a',
    brokenLocks: strategy,
  };
}

async function failureOf(strategy: LockStrategy, programs: Iterable<Program>): Promise<string> {
  const { failure } = await exploreAll(setupWith(strategy), programs);
  return failure ?? 'no failure was found';
}

/** A failure contains the shortest program that shows the fault. */
const SHRUNK = /--replay 'keyLocks\/hashShards\/unbounded\/a: [^|]+\|[^|]+: [01]+'/;

describe('the schedules detect a fault', () => {
  it.each(Object.entries(FAULTS))('%s', async (_, fault) => {
    expect(await failureOf(brokenLocks(fault), programsOf(TWO_OF_TWO))).toMatch(SHRUNK);
  });

  it.each(Object.entries(RANGE_FAULTS))('%s', async (_, fault) => {
    const programs = insertedInto(programsOf(TWO_OF_TWO), 'scan');
    expect(await failureOf(brokenLocks(fault), programs)).toMatch(SHRUNK);
  });

  it.each(Object.entries(SKIP_FAULTS))('%s', async (_, fault) => {
    const programs = insertedInto(programsOf(TWO_OF_TWO), 'scanSkipLocked');
    expect(await failureOf(brokenLocks(fault), programs)).toMatch(/--replay 'keyLocks.*scanSkipLocked/);
  });

  it('two writers hold the lock of a key at the same time', async () => {
    const both = brokenLocks((session) => ({ lock: (key) => session.lock(key, 'shared') }));
    expect(await failureOf(both, [parseProgram('put.a | put.a')])).toContain('holds a lock that conflicts');
  });

  it('the oldest transaction of a cycle is rolled back instead of the youngest', async () => {
    const failure = await failureOf(oldestDies, programsOf(TWO_OF_TWO));
    expect(failure).toMatch(SHRUNK);
    expect(failure).toContain('younger than the victim');
  });
});

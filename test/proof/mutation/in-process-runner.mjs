import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  DryRunStatus,
  determineHitLimitReached,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { startTests } from '@vitest/runner';
import { vi } from 'vitest';

const BUNDLE = 'test/proof/mutation/bundle/all.tests.mjs';

const TICK_MS = 50;
/** After this number of ticks without work, the process is idle. No test waits that long for a timer. */
const IDLE_TICKS = 20;

/**
 * These tests find no further mutants. They test the suite or the platform's clone, or repeat other tests
 * with other numbers.
 */
const LEFT_OUT = /^the lock suite |as the platform itself would clone|at random .* seed [4-8]$/;

/** The mutated sources read the active mutant from here. */
globalThis.__stryker__ ??= {};
const control = globalThis.__stryker__;

let loads = 0;

/**
 * Runs the tests of Vitest in the process that Stryker starts. The workers of Vitest would take longer to
 * start than most mutants take to fail a test. The bundle is loaded anew for each mutant, so that no state is
 * shared.
 *
 * A test counts as hanging if the process is idle. The elapsed time would not show that a test hangs, because
 * the machine may be busy or asleep.
 */
class InProcessRunner {
  static inject = tokens();

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun() {
    control.activeMutant = undefined;
    control.hitCount = undefined;
    control.mutantCoverage = undefined;
    const tests = await run(undefined, false, () => {});
    control.currentTestId = undefined;
    return { status: DryRunStatus.Complete, tests, mutantCoverage: control.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, disableBail }) {
    control.activeMutant = undefined;
    control.hitLimit = hitLimit;
    control.hitCount = 0;
    const chosen = testFilter === undefined ? undefined : new Set(testFilter);
    const tests = await run(chosen, !disableBail, () => {
      control.activeMutant = activeMutant.id;
    });
    control.activeMutant = undefined;
    const limit = determineHitLimitReached(control.hitCount, hitLimit);
    return toMutantRunResult(limit ?? { status: DryRunStatus.Complete, tests });
  }
}

/** Loads all tests and runs the chosen ones. Stops at the first failure if `stopsAtFailure`. */
async function run(chosen, stopsAtFailure, onLoaded) {
  vi.restoreAllMocks();
  // Resolved only now, because Stryker changes the working directory after it has loaded this module.
  const path = resolve(BUNDLE);
  const results = [];
  const seen = new Map();
  const ids = new WeakMap();
  let failed = false;
  let current;
  const note = (test, status, failureMessage) => {
    failed ||= status === TestStatus.Failed;
    const id = ids.get(test);
    const timeSpentMs = test.result?.duration ?? 0;
    results.push({ id, name: id, timeSpentMs, status, ...(failureMessage && { failureMessage }) });
  };
  const runner = {
    config: CONFIG,
    importFile: () => import(`${pathToFileURL(path)}?load=${++loads}`),
    onCollected: onLoaded,
    onBeforeRunTask(test) {
      const name = fullName(test);
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      const id = count === 1 ? name : `${name} (${count})`;
      ids.set(test, id);
      if ((failed && stopsAtFailure) || LEFT_OUT.test(id) || chosen?.has(id) === false) test.mode = 'skip';
      if (test.mode === 'skip') return;
      current = test;
      control.currentTestId = id;
    },
    onAfterRunTask(test) {
      if (test !== current) return;
      current = undefined;
      const { state, errors } = test.result;
      note(test, state === 'fail' ? TestStatus.Failed : TestStatus.Success, errors?.[0]?.message);
    },
  };
  const onStray = (error) => {
    if (current !== undefined && !isOfEarlierLoad(error))
      note(current, TestStatus.Failed, `outside of the test: ${error}`);
  };
  process.on('unhandledRejection', onStray);
  process.on('uncaughtException', onStray);
  const idleness = whenIdle();
  const outcome = await Promise.race([startTests([{ filepath: path }], runner), idleness.promise]);
  idleness.stop();
  process.off('unhandledRejection', onStray);
  process.off('uncaughtException', onStray);
  if (outcome === 'idle') {
    if (current === undefined) throw new Error('The process was idle between two tests.');
    note(current, TestStatus.Failed, 'The test waits for ever.');
  } else {
    const broken = outcome[0].result?.errors?.[0];
    if (broken !== undefined && !failed) throw new Error(`The tests could not be loaded: ${broken.message}`);
  }
  return results;
}

/**
 * Returns whether an error comes from the tests of an earlier mutant. A failed test may leave a waiting
 * transaction. The timeout of that transaction rejects a promise many mutants later.
 */
function isOfEarlierLoad(error) {
  const load = /\?load=(\d+)/.exec(error?.stack ?? '')?.[1];
  return load !== undefined && Number(load) !== loads;
}

/** Resolves when this process has been idle for a while. */
function whenIdle() {
  let before = performance.eventLoopUtilization();
  let ticks = 0;
  let timer;
  const promise = new Promise((settle) => {
    timer = setInterval(() => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      ticks = utilization < 0.1 ? ticks + 1 : 0;
      if (ticks >= IDLE_TICKS) settle('idle');
    }, TICK_MS);
  });
  return { promise, stop: () => clearInterval(timer) };
}

function fullName({ name, suite }) {
  const names = [name];
  for (let outer = suite; outer !== undefined && outer.name !== ''; outer = outer.suite)
    names.unshift(outer.name);
  return names.join(' ');
}

const CONFIG = {
  root: process.cwd(),
  setupFiles: [],
  name: undefined,
  passWithNoTests: false,
  testNamePattern: undefined,
  allowOnly: false,
  sequence: { shuffle: false, concurrent: false, seed: 0, hooks: 'stack', setupFiles: 'list' },
  chaiConfig: undefined,
  maxConcurrency: 1,
  // A test that hangs is ended long before this limit.
  testTimeout: 600_000,
  hookTimeout: 600_000,
  retry: 0,
  includeTaskLocation: false,
  tags: [],
  tagsFilter: undefined,
  strictTags: false,
};

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)];

import { setTimeout as delay } from 'node:timers/promises';
import { MemStoreError } from '../../index.ts';
import { type ConnectionFlags, connectOptions } from '../connection-options.ts';
import { CliError, exitCodes, exitWithReader } from '../exit-codes.ts';
import { type AnyRemoteStore, openRemote } from '../open-remote.ts';
import { describeTarget } from '../parse-target.ts';
import { ratesBetween, takeSample } from './sample.ts';
import { sampleLine } from './sample-line.ts';

/** The command-line options of `memstore top`. Times are in milliseconds. */
export interface TopFlags extends ConnectionFlags {
  readonly interval: number;
  readonly count?: number;
}

/**
 * Shows the state of a store on a screen, or prints it as lines. Returns the exit status.
 * @throws {CliError}
 */
export async function runTop(url: string | undefined, flags: TopFlags): Promise<number> {
  const options = connectOptions(url, flags);
  exitWithReader();
  await using store = await openRemote(options);
  if (process.stdin.isTTY && process.stdout.isTTY) {
    const { watchOnScreen } = await import('./watch-on-screen.ts');
    return await watchOnScreen(store, describeTarget(options), flags);
  }
  return await printLines(store, flags);
}

/** Prints a line for each interval, with the rates since the previous line. */
async function printLines(
  store: AnyRemoteStore,
  { interval, count = Number.POSITIVE_INFINITY }: TopFlags,
): Promise<number> {
  try {
    let before = await takeSample(store);
    for (let taken = 0; taken < count; taken++) {
      await delay(interval);
      const sample = await takeSample(store);
      process.stdout.write(`${sampleLine(sample, ratesBetween(before, sample))}\n`);
      before = sample;
    }
    return exitCodes.ok;
  } catch (error) {
    throw error instanceof MemStoreError ? new CliError(error.message, exitCodes.failed) : error;
  }
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MemStoreError, type Store, type StoreStats } from '../../index.ts';
import { copyStore, openStore } from '../../open/index.ts';
import { CliError, exitCodes, signalExitCode } from '../exit-codes.ts';
import { formatCount } from '../format.ts';
import { openOrFail } from '../open-or-fail.ts';
import { progressBar } from '../progress-bar.ts';

/** The command-line options of `memstore copy`. */
export interface CopyFlags {
  readonly prefix: string;
}

type AnyStore = Store<Record<string, unknown>>;

/**
 * Copies one store to another. Returns the exit status.
 * @throws {CliError}
 */
export async function runCopy(fromUrl: string, toUrl: string, { prefix }: CopyFlags): Promise<number> {
  refuseMissing(fromUrl);
  await using from = await openOrFail(openStore(fromUrl));
  await using to = await openOrFail(openStore(toUrl));
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once('SIGINT', interrupt);
  const total = prefix === '' ? await countOf(from) : undefined;
  const bar = progressBar('copying');
  try {
    const copied = await copyStore(from, to, {
      prefix,
      signal: controller.signal,
      onProgress: (progress) => bar?.update(progress.copied, total),
    });
    bar?.stop();
    process.stdout.write(`copied ${formatCount(copied)} ${copied === 1 ? 'entry' : 'entries'}\n`);
    return exitCodes.ok;
  } catch (error) {
    bar?.stop();
    if (!(error instanceof MemStoreError)) throw error;
    if (!controller.signal.aborted) throw new CliError(error.message, exitCodes.failed);
    throw new CliError(
      'The copy was interrupted. Run the same command to start it again.',
      signalExitCode('SIGINT'),
    );
  } finally {
    process.off('SIGINT', interrupt);
  }
}

/**
 * Checks that an LMDB source exists, because opening it would create an empty store.
 * @throws {CliError}
 */
function refuseMissing(url: string): void {
  const path = /^lmdb:(.+)$/s.exec(url)?.[1];
  if (path === undefined || existsSync(join(path, 'data.mdb'))) return;
  throw new CliError(`${path} has no LMDB store: the file data.mdb is missing.`, exitCodes.cannotOpen);
}

/** Returns the number of entries, or `undefined` if the store does not count them. */
async function countOf(store: AnyStore): Promise<number | undefined> {
  const { stats } = store as { stats?(): StoreStats | Promise<StoreStats> };
  return (await stats?.call(store))?.entries;
}

import { pathToFileURL } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import {
  type MemStoreServer,
  type ServerEvent,
  type ServerOptions,
  type Store,
  startServer,
} from '../../index.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatSize } from '../format.ts';
import { describeEvent } from './describe-event.ts';
import { listenError } from './listen-error.ts';
import { openServedStore } from './open-served-store.ts';
import type { ServeFlags } from './serve-flags.ts';
import { type ServerLog, serverLog } from './server-log.ts';
import { serverOptions } from './server-options.ts';
import { StopSignals } from './stop-signals.ts';

/** Events that occur for every client. They are logged only with `--verbose`. */
const FREQUENT: ReadonlySet<string> = new Set(['connected', 'disconnected']);
/**
 * The part of the heap limit that `--max-memory` may use. The rest is for the bookkeeping of the store, which
 * the size estimate omits.
 */
const SAFE_SHARE_OF_HEAP = 0.6;

/**
 * Serves a store until the process receives a signal. Returns the exit status.
 * @throws {CliError}
 */
export async function runServer(flags: ServeFlags): Promise<number> {
  const log = serverLog(flags.log);
  const options = serverOptions(flags);
  warnOfMemory(flags.maxMemory, log);
  // The reader of the logs may end before the server. Ignore the errors, because only log lines are lost.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  // Before the store is open, a signal ends the process immediately. No backend loses data that way.
  const store = await openServedStore(flags, log);
  const signals = new StopSignals();
  let isListening = false;
  const onEvent = (event: ServerEvent): void => {
    // Earlier errors are printed when the command ends.
    const record = isListening ? describeEvent(event) : undefined;
    if (record !== undefined && (flags.verbose || !FREQUENT.has(event.type))) log(record);
  };
  try {
    const server = await listen(store, { ...options, onEvent });
    isListening = true;
    const url = urlOf(server, options.tls !== undefined);
    process.stdout.write(`ready ${url}\n`);
    log({
      level: 'info',
      event: 'listening',
      message: `listening on ${url}`,
      facts: { url, pid: process.pid },
    });
    const signal = await signals.first;
    const cause = signal === 'SIGINT' ? 'Ctrl-C' : signal;
    log({
      level: 'info',
      event: 'closing',
      message: `${cause}: stopping${clientsOf(server)}; a second signal stops immediately`,
      facts: { signal, connections: server.connections },
    });
    await server.close({ drainTimeout: flags.drainTimeout });
    log({ level: 'info', event: 'closed', message: 'closed' });
    return exitCodes.ok;
  } finally {
    signals.stopListening();
    await store.close();
  }
}

async function listen(
  store: Store<Record<string, unknown>>,
  options: ServerOptions,
): Promise<MemStoreServer> {
  try {
    return await startServer(store, options);
  } catch (error) {
    throw listenError(error, options);
  }
}

function clientsOf({ connections }: MemStoreServer): string {
  return connections === 0
    ? ''
    : `, ${connections === 1 ? 'one client' : `${connections} clients`} connected`;
}

/** Returns the URL for `memstore connect`. */
function urlOf({ port, address }: MemStoreServer, isTls: boolean): string {
  if (port === undefined) return `memstore+unix://${pathToFileURL(address).pathname}`;
  const host = address.includes(':') ? `[${address}]` : address;
  return `${isTls ? 'memstores' : 'memstore'}://${host}:${port}`;
}

function warnOfMemory(maxMemory: number | undefined, log: ServerLog): void {
  const { heap_size_limit: limit } = getHeapStatistics();
  if (maxMemory === undefined || maxMemory < SAFE_SHARE_OF_HEAP * limit) return;
  log({
    level: 'warn',
    event: 'memory',
    message:
      `--max-memory ${formatSize(maxMemory)} is too large for the heap limit of ${formatSize(limit)}: ` +
      'set NODE_OPTIONS=--max-old-space-size=MEGABYTES to raise the limit',
    facts: { maxMemory, heapLimit: limit },
  });
}

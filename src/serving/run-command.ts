import type { ValueCodec } from '../codecs/value-codec.ts';
import type { DirectOperations, DirectStore, MaybePromise } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { WaitOptions } from '../contract/options.ts';
import type { StoreStats } from '../contract/stats.ts';
import type { DataCommand } from '../protocol/command.ts';
import { integer, list, OK, type Reply } from '../protocol/reply.ts';
import type { BeginHandler } from './begin-handler.ts';
import { Cursor, type ScannedRow } from './cursor.ts';
import type { Cursors } from './cursors.ts';
import type { Feeds } from './feeds.ts';
import { lockReport, lockSummary, scannedLocks } from './lock-reports.ts';
import { noSuchReport } from './no-such-report.ts';
import { everythingOf, rowsOf } from './scanned-rows.ts';
import type { ServedStore } from './served-store.ts';
import type { SessionHost } from './session-host.ts';
import type { SessionTransaction } from './session-transaction.ts';
import type { SessionTransactions } from './session-transactions.ts';
import type { Wait } from './waits.ts';

/** The part of a session that commands use. */
export interface CommandSession {
  readonly host: SessionHost;
  readonly store: DirectStore;
  readonly transactions: SessionTransactions;
  readonly begins: BeginHandler;
  readonly cursors: Cursors;
  readonly feeds: Feeds;
  readonly codec: ValueCodec;
  /** Cancels the wait of the request with this tag. */
  cancel(tag: number): void;
}

/**
 * Runs a command, inside the transaction if one is given. Returns the reply, or a promise of it if the
 * command must wait. The operation starts synchronously, so that the store sees operations in the order of
 * the commands.
 * @throws {MemStoreError} the errors of the operation; INVALID_OPTION if the command needs a transaction and
 * has none, or cannot run in one
 */
export function runCommand(
  session: CommandSession,
  transaction: SessionTransaction | undefined,
  command: DataCommand,
  { options, controller }: Wait,
): MaybePromise<Reply> {
  const data: DirectOperations = transaction === undefined ? session.store : transaction.tx;
  switch (command.name) {
    case 'GET':
      return answer(data.get(command.key, options), valueReply);
    case 'GETFORUPDATE':
      return answer(within(transaction, command).tx.getForUpdate(command.key, options), valueReply);
    case 'MGET':
      return answer(data.getMany(command.keys, options), valuesReply);
    case 'EXISTS':
      return existing(data, command.keys, options);
    case 'PTTL':
      return answer(data.timeToLive(command.key, options), timeToLiveReply);
    case 'SET':
      return answer(data.put(command.key, command.value, command.ttl, options), okReply);
    case 'MSET':
      return answer(data.putMany(command.entries, command.ttl, options), okReply);
    case 'DEL':
      return deleted(data, command.keys, options);
    case 'REPLACE': {
      const { value } = command;
      return answer(
        data.update(command.key, () => value, undefined, options),
        okReply,
      );
    }
    case 'INCREMENT':
      return answer(data.increment(command.key, command.by, command.ttl, options), valueReply);
    case 'TAKE':
      return answer(data.take(command.key, options), valueReply);
    case 'PUTIFABSENT':
      return answer(data.putIfAbsent(command.key, command.value, command.ttl, options), flagReply);
    case 'SETTTL':
      return answer(data.touch(command.key, command.ttl, options), flagReply);
    case 'CLEAR':
      return answer(data.clear(command.range, options), integer);
    case 'ENTRIES':
      return entries(session, transaction, command, { options, controller });
    case 'CHANGES':
      return alone(session, transaction, command).feeds.open(command, session.codec);
    case 'NEXT':
      return pagesOf(session, command.cursor).next(command.cursor, command.credit);
    case 'CLOSECURSOR':
      return answer(pagesOf(session, command.cursor).close(command.cursor), okReply);
    case 'COMMIT':
      return answer(within(transaction, command).tx.commit(), okReply);
    case 'ROLLBACK':
      return answer(within(transaction, command).tx.rollback(), okReply);
    case 'SAVEPOINT':
      return answer(within(transaction, command).savepoint(), integer);
    case 'ROLLBACKTO':
      return answer(within(transaction, command).rollbackTo(command.savepoint), okReply);
    case 'REFUSED':
      throw command.error;
    case 'BEGIN':
      return alone(session, transaction, command).begins.begin(command, options);
    case 'RESERVE':
      return integer(alone(session, transaction, command).begins.reserveIds(command.count));
    case 'COMMITALL':
      return answer(alone(session, transaction, command).transactions.commitAll(), okReply);
    case 'CANCEL':
      return answer(alone(session, transaction, command).cancel(command.tag), okReply);
    case 'SHOWALL':
      return scan(alone(session, transaction, command), everythingOf(session.host.store), command.credit);
    case 'LOCKS':
      return locks(alone(session, transaction, command), command.credit);
    case 'LOCKSUMMARY':
      return answer(lockSummary(alone(session, transaction, command).store, session.host), dataReply);
    case 'STATS':
      return answer(statsOf(alone(session, transaction, command).host.store), dataReply);
    case 'DBSIZE':
      return answer(statsOf(alone(session, transaction, command).host.store), entriesReply);
  }
}

/**
 * Returns the transaction of a command that needs one.
 * @throws {MemStoreError} INVALID_OPTION if the command has no transaction
 */
function within(transaction: SessionTransaction | undefined, { name }: DataCommand): SessionTransaction {
  if (transaction !== undefined) return transaction;
  throw new MemStoreError(
    'INVALID_OPTION',
    `${name} needs a transaction: put TX and its id before the command.`,
  );
}

/**
 * Returns the session, after a check that the command is outside a transaction.
 * @throws {MemStoreError} INVALID_OPTION if the command has a transaction
 */
function alone(
  session: CommandSession,
  transaction: SessionTransaction | undefined,
  { name }: DataCommand,
): CommandSession {
  if (transaction === undefined) return session;
  throw new MemStoreError('INVALID_OPTION', `${name} cannot run in a transaction: send it without TX.`);
}

/** Returns the feeds of a session if a feed has this number. Otherwise returns its scans. */
function pagesOf({ feeds, cursors }: CommandSession, number: number): Feeds | Cursors {
  return feeds.has(number) ? feeds : cursors;
}

function existing(
  data: DirectOperations,
  keys: readonly string[],
  options: WaitOptions | undefined,
): MaybePromise<Reply> {
  if (keys.length > 1) return answer(data.countExisting(keys, options), integer);
  return answer(data.has(keys[0] as string, options), flagReply);
}

function deleted(
  data: DirectOperations,
  keys: readonly string[],
  options: WaitOptions | undefined,
): MaybePromise<Reply> {
  if (keys.length > 1) return answer(data.delMany(keys, options), integer);
  return answer(data.del(keys[0] as string, options), flagReply);
}

function entries(
  session: CommandSession,
  transaction: SessionTransaction | undefined,
  { range, credit }: Extract<DataCommand, { readonly name: 'ENTRIES' }>,
  { options, controller }: Wait,
): Promise<Reply> {
  if (transaction === undefined && (range.forUpdate || range.skipLocked))
    throw new MemStoreError(
      'INVALID_OPTION',
      'FORUPDATE and SKIPLOCKED need a transaction: put TX and its id before ENTRIES.',
    );
  const data: DirectOperations = transaction === undefined ? session.store : transaction.tx;
  return scan(session, rowsOf(data.entries({ ...range, ...options })), credit, controller, transaction);
}

function scan(
  { cursors, codec }: CommandSession,
  rows: AsyncGenerator<ScannedRow, undefined>,
  credit: number | undefined,
  controller?: AbortController,
  transaction?: SessionTransaction,
): Promise<Reply> {
  return cursors.begin(new Cursor(rows, codec, controller, transaction), credit);
}

function locks(session: CommandSession, credit: number | undefined): Promise<Reply> {
  if (credit !== undefined) return scan(session, scannedLocks(session.store, session.host), credit);
  return lockReport(session.store, session.host).then(dataReply);
}

/**
 * Returns the counters of the store.
 * @throws {MemStoreError} as a rejection: UNKNOWN_COMMAND if the store does not offer them
 */
async function statsOf(store: ServedStore): Promise<StoreStats> {
  // A store of another realm may return a thenable.
  const stats = await store.stats?.();
  if (stats === undefined) throw noSuchReport();
  return stats;
}

function answer<R>(result: MaybePromise<R>, reply: (result: R) => Reply): MaybePromise<Reply> {
  return result instanceof Promise ? result.then(reply) : reply(result);
}

const okReply = (): Reply => OK;
const valueReply = (value: unknown): Reply => ({ kind: 'value', value });
const valuesReply = (values: readonly unknown[]): Reply => list(values.map(valueReply));
const flagReply = (flag: boolean): Reply => integer(flag ? 1 : 0);
const dataReply = (data: unknown): Reply => ({ kind: 'data', data });
const entriesReply = ({ entries }: StoreStats): Reply => integer(entries);

/** Returns the same reply as Redis: -1 for an entry that never expires, -2 for an absent one. */
function timeToLiveReply(leftMs: number | undefined): Reply {
  if (leftMs === undefined) return integer(-2);
  return integer(leftMs === Number.POSITIVE_INFINITY ? -1 : Math.ceil(leftMs));
}

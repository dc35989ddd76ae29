import { systemClock } from '../contract/clock.ts';
import { immediateOperationsOf } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { WaitOptions } from '../contract/store.ts';
import { runTransaction } from '../lifecycle/run-transaction.ts';
import type { DataCommand } from '../protocol/command.ts';
import { integer, OK, type Reply } from '../protocol/reply.ts';
import type { ServedStore, ServedTransaction } from './served-store.ts';
import { count, needsTransaction, timeToLive, values } from './transaction-commands.ts';

const oneShot = { clock: systemClock, random: Math.random, isOneShot: true };

/**
 * Runs a command that is a transaction of its own.
 * @throws {MemStoreError} the errors of the operation; INVALID_OPTION for a command that needs a transaction
 */
export async function runOneShot(
  store: ServedStore,
  command: DataCommand,
  options: WaitOptions,
): Promise<Reply> {
  switch (command.name) {
    case 'GET':
      return { kind: 'value', value: await store.get(command.key) };
    case 'MGET':
      return values(await store.getMany(command.keys));
    case 'EXISTS': {
      const { keys } = command;
      if (keys.length === 1) return integer(count([await store.has(keys[0] as string)]));
      return integer(count((await store.getMany(keys)).map((value) => value !== undefined)));
    }
    case 'PTTL': {
      const work = (tx: ServedTransaction): Promise<Reply> => timeToLive(tx, command.key, undefined);
      return runTransaction(store, work, { ...options, readOnly: true }, oneShot);
    }
    case 'SET':
      await store.put(command.key, command.value, { ...options, ttl: command.ttl });
      return OK;
    case 'MSET':
      await store.putMany(command.entries, { ...options, ttl: command.ttl });
      return OK;
    case 'DEL': {
      const { keys } = command;
      if (keys.length === 1) return integer(count([await store.del(keys[0] as string, options)]));
      const work = async (tx: ServedTransaction): Promise<Reply> => {
        const within = immediateOperationsOf(store)?.within(tx);
        if (within !== undefined) return integer(await within.delMany(keys));
        let deleted = 0;
        // Locked in key order, so that two such commands cannot deadlock. A key may be named twice.
        for (const key of [...keys].sort()) if (await tx.del(key)) deleted++;
        return integer(deleted);
      };
      return runTransaction(store, work, options, oneShot);
    }
    case 'STATS':
      return { kind: 'data', data: await report(store.stats?.()) };
    case 'DBSIZE':
      return integer((await report(store.stats?.())).entries);
    default:
      return needsTransaction(command);
  }
}

async function report<R>(result: R | Promise<R> | undefined): Promise<R> {
  if (result === undefined)
    throw new MemStoreError('UNKNOWN_COMMAND', 'The store that is served has no such report.');
  return result;
}

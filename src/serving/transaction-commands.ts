import { finiteTtl } from '../arguments/ttl.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { WaitOptions } from '../contract/store.ts';
import type { DataCommand } from '../protocol/command.ts';
import { integer, list, OK, type Reply } from '../protocol/reply.ts';
import type { OwnTransaction } from './own-transaction.ts';
import type { ServedTransaction } from './served-store.ts';

/**
 * Runs a command in a transaction. The operations begin before this returns, so that the store keeps them in
 * order.
 * @throws {MemStoreError} the errors of the operation; INVALID_OPTION for a command without transactions
 */
export async function runInTransaction(
  own: OwnTransaction,
  command: DataCommand,
  options: WaitOptions | undefined,
): Promise<Reply> {
  const { tx } = own;
  switch (command.name) {
    case 'GET':
      return { kind: 'value', value: await tx.get(command.key, options) };
    case 'GETFORUPDATE':
      return { kind: 'value', value: await tx.getForUpdate(command.key, options) };
    case 'MGET':
      return values(await tx.getMany(command.keys, options));
    case 'EXISTS':
      return integer(count(await Promise.all(command.keys.map((key) => tx.has(key, options)))));
    case 'PTTL':
      return timeToLive(tx, command.key, options);
    case 'SET':
      await tx.put(command.key, command.value, { ...options, ttl: command.ttl });
      return OK;
    case 'MSET':
      await tx.putMany(command.entries, { ...options, ttl: command.ttl });
      return OK;
    case 'DEL':
      return integer(count(await Promise.all(command.keys.map((key) => tx.del(key, options)))));
    case 'COMMIT':
      await tx.commit();
      return OK;
    case 'ROLLBACK':
      await tx.rollback();
      return OK;
    case 'SAVEPOINT':
      return integer(await own.savepoint());
    case 'ROLLBACKTO':
      await own.rollbackTo(command.savepoint);
      return OK;
    case 'REFUSED':
      throw command.error;
    default:
      throw new MemStoreError('INVALID_OPTION', `${command.name} belongs to no transaction.`);
  }
}

/** Returns the remaining TTL in milliseconds. As in Redis, -1 means for ever, and -2 no entry. */
export async function timeToLive(
  tx: ServedTransaction,
  key: string,
  options: WaitOptions | undefined,
): Promise<Reply> {
  const [left, exists] = await Promise.all([tx.ttl(key, options), tx.has(key, options)]);
  const limited = finiteTtl(left);
  return integer(limited === undefined ? (exists ? -1 : -2) : Math.ceil(limited));
}

export function values(found: readonly unknown[]): Reply {
  return list(found.map((value) => ({ kind: 'value', value })));
}

export function count(flags: readonly boolean[]): number {
  return flags.filter(Boolean).length;
}

/** @throws {MemStoreError} INVALID_OPTION, since the command means nothing without a transaction */
export function needsTransaction({ name }: DataCommand): never {
  throw new MemStoreError('INVALID_OPTION', `${name} needs a transaction: say TX and its id in front of it.`);
}

import type { ImmediateOperations, ImmediateTransaction } from '../contract/direct-operations.ts';
import type { DataCommand } from '../protocol/command.ts';
import { integer, OK, type Reply } from '../protocol/reply.ts';
import { values } from './transaction-commands.ts';

const MOST_KEYS_AT_ONCE = 64;
const NONE = integer(0);
const ONE = integer(1);

/**
 * Runs a command that is a transaction of its own, if that is possible synchronously. Otherwise does nothing
 * and returns `undefined`.
 * @throws {MemStoreError} whatever the operation throws
 */
export function runAtOnce(operations: ImmediateOperations, command: DataCommand): Reply | undefined {
  switch (command.name) {
    case 'GET':
      return { kind: 'value', value: operations.get(command.key) };
    case 'SET':
      return operations.put(command.key, command.value, command.ttl) ? OK : undefined;
    case 'MGET':
      // A longer list takes several turns of the event loop.
      if (command.keys.length > MOST_KEYS_AT_ONCE) return undefined;
      return values(command.keys.map((key) => operations.get(key)));
    case 'DEL': {
      // One of several keys may have to wait, and then no key may have been deleted.
      if (command.keys.length > 1) return undefined;
      const deleted = operations.del(command.keys[0] as string);
      return deleted === undefined ? undefined : deleted ? ONE : NONE;
    }
    default:
      return undefined;
  }
}

/**
 * Runs a command in a transaction, synchronously unless it must wait. If neither is possible, does nothing
 * and returns `undefined`.
 * @throws {MemStoreError} whatever the operation throws
 */
export function runWithinAtOnce(
  tx: ImmediateTransaction,
  command: DataCommand,
): Reply | Promise<Reply> | undefined {
  switch (command.name) {
    case 'GET':
      return asReply(tx.get(command.key, 'shared'), ofValue);
    case 'GETFORUPDATE':
      return asReply(tx.get(command.key, 'exclusive'), ofValue);
    case 'MGET':
      return asReply(tx.getMany(command.keys), values);
    case 'SET':
      return asReply(tx.put(command.key, command.value, command.ttl), ofNothing);
    case 'MSET':
      return asReply(tx.putMany(command.entries, command.ttl), ofNothing);
    case 'EXISTS':
      return command.keys.length > 1
        ? asReply(tx.countExisting(command.keys), integer)
        : asReply(tx.has(command.keys[0] as string), ofFlag);
    case 'DEL':
      return command.keys.length > 1
        ? asReply(tx.delMany(command.keys), integer)
        : asReply(tx.del(command.keys[0] as string), ofFlag);
    case 'COMMIT':
      return asReply(tx.commit(), ofNothing);
    case 'ROLLBACK':
      return asReply(tx.rollback(), ofNothing);
    default:
      return undefined;
  }
}

function asReply<R>(result: R | Promise<R>, reply: (result: R) => Reply): Reply | Promise<Reply> {
  return result instanceof Promise ? result.then(reply) : reply(result);
}

const ofValue = (value: unknown): Reply => ({ kind: 'value', value });
const ofFlag = (flag: boolean): Reply => (flag ? ONE : NONE);
const ofNothing = (): Reply => OK;

import type { ImmediateOperations } from '../immediate-operations.ts';
import type { DataCommand } from '../wire/command.ts';
import { integer, OK, type Reply } from '../wire/reply.ts';

const NONE = integer(0);
const ONE = integer(1);

/**
 * Carries out a command that is a transaction of its own, if it can be done within the call; undefined if not,
 * and then nothing has happened.
 * @throws {MemStoreError} whatever the operation throws
 */
export function runAtOnce(operations: ImmediateOperations, command: DataCommand): Reply | undefined {
  switch (command.name) {
    case 'GET':
      return { kind: 'value', value: operations.get(command.key) };
    case 'SET':
      return operations.put(command.key, command.value, command.ttl) ? OK : undefined;
    case 'MGET':
      return {
        kind: 'list',
        items: command.keys.map((key) => ({ kind: 'value', value: operations.get(key) })),
      };
    case 'DEL': {
      // Of several keys, one may have to wait: then none must be gone already.
      if (command.keys.length > 1) return undefined;
      const deleted = operations.del(command.keys[0] as string);
      return deleted === undefined ? undefined : deleted ? ONE : NONE;
    }
    default:
      return undefined;
  }
}

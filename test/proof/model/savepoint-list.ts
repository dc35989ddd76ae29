import type { Command, TransactionCommand } from './command.ts';

/**
 * Rolls back to an outer and an inner savepoint. The undone operations are a first write, a second write of
 * the same key, a delete and a putMany.
 */
const STEPS: readonly TransactionCommand[] = [
  { type: 'begin' },
  { type: 'put', key: 'a', value: 1, ttl: undefined },
  { type: 'savepoint' },
  { type: 'put', key: 'a', value: 2, ttl: undefined },
  { type: 'put', key: 'a', value: 7, ttl: undefined },
  { type: 'put', key: 'b', value: 3, ttl: undefined },
  { type: 'savepoint' },
  { type: 'del', key: 'a' },
  { type: 'putMany', keys: ['b', 'c'], value: 4, ttl: undefined },
  { type: 'rollbackTo', savepoint: 1 },
  { type: 'getMany', keys: ['a', 'b', 'c'] },
  { type: 'put', key: 'c', value: 5, ttl: undefined },
  { type: 'rollbackTo', savepoint: 0 },
  { type: 'getMany', keys: ['a', 'b', 'c'] },
  { type: 'put', key: 'd', value: 6, ttl: undefined },
  { type: 'rollbackTo', savepoint: 0 },
  { type: 'commit' },
];

/** Random lists rarely use savepoints, so every run begins with this list. */
export const savepointList: Command[] = [
  ...STEPS.map((does): Command => ({ by: 0, patience: 'refuse', does })),
  { by: 'store', does: { type: 'getMany', keys: ['a', 'b', 'c', 'd'] } },
];

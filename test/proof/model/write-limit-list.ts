import type { Command, KeyCommand, TransactionCommand } from './command.ts';

const put = (key: string): KeyCommand => ({ type: 'put', key, value: 1, ttl: undefined });
const putMany = (keys: string[]): KeyCommand => ({ type: 'putMany', keys, value: 2, ttl: undefined });

/**
 * Writes to three keys, which is the limit of a transaction. Then writes to the same keys again, and to
 * further keys.
 */
const STEPS: readonly TransactionCommand[] = [
  { type: 'begin' },
  putMany(['a', 'b']),
  putMany(['c', 'd']),
  put('c'),
  put('d'),
  putMany(['c', 'd']),
  putMany(['a', 'b']),
  { type: 'del', key: 'absent' },
  { type: 'del', key: 'e' },
  { type: 'del', key: 'a' },
  put('b'),
  { type: 'commit' },
];

/** Random lists rarely reach the write limit, so every run includes this list. */
export const writeLimitList: Command[] = [
  { by: 'store', does: put('e') },
  ...STEPS.map((does): Command => ({ by: 0, patience: 'refuse', does })),
  { by: 'store', does: putMany(['a', 'b', 'c', 'd']) },
  { by: 'store', does: { type: 'getMany', keys: ['a', 'b', 'c', 'd', 'e'] } },
];

import { MemStoreError } from '../../../index.ts';
import { OK } from '../answer.ts';
import type { OpenTransaction } from '../open-transactions.ts';
import type { Verb, VerbContext } from '../verb.ts';

const onlyId = (words: number): boolean => words === 1;

/** Commands that begin, end and divide transactions. */
export const transactionVerbs: readonly Verb[] = [
  {
    name: 'BEGIN',
    usage: '[READONLY] [IDLETIMEOUT ms]',
    summary: 'opens a transaction or a snapshot; goes into it',
    belongsTo: 'store',
    isAwaited: true,
    keywords: ['READONLY', 'IDLETIMEOUT'],
    async run(words, { store, transactions, wait }) {
      const readOnly = words.skip('READONLY');
      const idleTimeout = words.skip('IDLETIMEOUT') ? words.countOrInfinity() : undefined;
      words.end();
      const tx = await store.begin({ ...wait, readOnly, idleTimeout });
      transactions.add(tx);
      return { kind: 'begun', transactionId: tx.id, readOnly };
    },
  },
  {
    name: 'COMMIT',
    usage: '[id]',
    summary: 'makes its writes visible to everybody',
    belongsTo: 'transaction',
    isDestructive: true,
    endsWithId: onlyId,
    completes: 'transactions',
    async run(words, context) {
      words.end();
      const { tx } = own(context);
      context.transactions.remove(tx.id);
      await tx.commit();
      return OK;
    },
  },
  {
    name: 'ROLLBACK',
    usage: '[id]',
    summary: 'throws it away',
    belongsTo: 'transaction',
    isDestructive: true,
    endsWithId: onlyId,
    completes: 'transactions',
    async run(words, context) {
      words.end();
      const { tx } = own(context);
      context.transactions.remove(tx.id);
      await tx.rollback();
      return OK;
    },
  },
  {
    name: 'COMMITALL',
    usage: '',
    summary: 'commits every transaction of this prompt',
    belongsTo: 'store',
    isDestructive: true,
    isAwaited: true,
    async run(words, { store, transactions }) {
      words.end();
      transactions.clear();
      await store.commitAll();
      return OK;
    },
  },
  {
    name: 'SAVEPOINT',
    usage: '[id]',
    summary: 'marks a moment to go back to',
    belongsTo: 'transaction',
    isAwaited: true,
    endsWithId: onlyId,
    completes: 'transactions',
    async run(words, context) {
      words.end();
      const { tx, savepoints } = own(context);
      const savepoint = await tx.savepoint();
      return { kind: 'savepoint', number: savepoints.push(savepoint) };
    },
  },
  {
    name: 'ROLLBACKTO',
    usage: 'savepoint [id]',
    summary: 'undoes what was written since',
    belongsTo: 'transaction',
    isDestructive: true,
    endsWithId: (words) => words === 2,
    async run(words, context) {
      const number = words.count();
      words.end();
      const { tx, savepoints } = own(context);
      const savepoint = savepoints[number - 1];
      if (savepoint === undefined)
        throw new MemStoreError('INVALID_OPTION', `Transaction ${tx.id} has no savepoint ${number}.`);
      savepoints.length = number;
      await tx.rollbackTo(savepoint);
      return OK;
    },
  },
  {
    name: 'USE',
    usage: '[id]',
    summary: 'goes into a transaction; without id, out of it',
    belongsTo: 'store',
    isAwaited: true,
    completes: 'transactions',
    async run(words, { transactions }) {
      const id = words.left > 0 ? words.count() : undefined;
      words.end();
      transactions.use(id);
      return OK;
    },
  },
];

/** @throws {MemStoreError} INVALID_OPTION */
function own({ own: found }: VerbContext): OpenTransaction {
  if (found !== undefined) return found;
  throw new MemStoreError('INVALID_OPTION', 'There is no transaction: BEGIN opens one.');
}

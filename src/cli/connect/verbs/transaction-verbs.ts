import { MemStoreError } from '../../../index.ts';
import { OK } from '../answer.ts';
import type { OpenTransaction } from '../open-transactions.ts';
import type { AnyTransaction, VerbCodes, VerbContext } from '../verb.ts';

/** The commands that begin and end transactions and use savepoints. */
export const transactionVerbs: VerbCodes = {
  BEGIN: {
    isAwaited: true,
    async run(words, { store, transactions, wait }) {
      const readOnly = words.skip('READONLY');
      const idleTimeout = words.skip('IDLETIMEOUT') ? words.countOrInfinity() : undefined;
      words.end();
      const tx = await store.begin({ ...wait, readOnly, idleTimeout });
      // A snapshot also has the write methods, which its type omits. They reject.
      transactions.add(tx as AnyTransaction);
      return { kind: 'begun', transactionId: tx.id, readOnly };
    },
  },
  COMMIT: {
    async run(words, context) {
      words.end();
      const { tx } = own(context);
      context.transactions.remove(tx.id);
      await tx.commit();
      return OK;
    },
  },
  ROLLBACK: {
    async run(words, context) {
      words.end();
      const { tx } = own(context);
      context.transactions.remove(tx.id);
      await tx.rollback();
      return OK;
    },
  },
  COMMITALL: {
    isAwaited: true,
    async run(words, { store, transactions }) {
      words.end();
      transactions.clear();
      await store.commitAll();
      return OK;
    },
  },
  SAVEPOINT: {
    isAwaited: true,
    async run(words, context) {
      words.end();
      const { tx, savepoints } = own(context);
      const savepoint = await tx.savepoint();
      return { kind: 'savepoint', number: savepoints.push(savepoint) };
    },
  },
  ROLLBACKTO: {
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
  USE: {
    isAwaited: true,
    async run(words, { transactions }) {
      const id = words.left > 0 ? words.count() : undefined;
      words.end();
      transactions.use(id);
      return OK;
    },
  },
};

/**
 * Returns the transaction of the command.
 * @throws {MemStoreError} INVALID_OPTION if there is none
 */
function own({ own: found }: VerbContext): OpenTransaction {
  if (found !== undefined) return found;
  throw new MemStoreError('INVALID_OPTION', 'This command needs a transaction: send BEGIN first.');
}

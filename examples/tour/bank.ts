import { setImmediate as otherWork } from 'node:timers/promises';
import { MemStore } from 'memstore-tx';
import { auditDuring, type Bank, carelessAudit, snapshotAudit } from './bank-audits.ts';
import { dice } from './dice.ts';
import { count, type Report } from './report.ts';

const ACCOUNTS = 1_000;
const OPENING_BALANCE = 1_000;
const TOTAL = ACCOUNTS * OPENING_BALANCE;
const TRANSFERS = 10_000;
const CLERKS = 50;

interface Transfer {
  readonly from: number;
  readonly to: number;
  readonly amount: number;
}

interface DayBook {
  made: number;
  declined: number;
  /** The number of runs of the work, including the first run of each transfer. */
  attempts: number;
  /** The expected balances, computed outside the store. */
  readonly balances: number[];
}

class InsufficientFunds extends Error {}

export async function bank(report: Report): Promise<void> {
  report.chapter(
    'A bank: thousands of transfers at once',
    `${CLERKS} clerks make ${count(TRANSFERS)} transfers between ${count(ACCOUNTS)} accounts, all at the same time. The code has no ` +
      'locks and no retries. Transfers that need the same accounts wait for each other, and some deadlock. ' +
      'Then transaction() runs the work again.',
  );
  report.code('bank.ts', 'transfer');
  await using store = new MemStore<Bank>();
  await store.putMany(
    Array.from({ length: ACCOUNTS }, (_, n) => [`account:${n}`, { balance: OPENING_BALANCE }] as const),
  );

  const startedMs = performance.now();
  const transfers = makeTransfers(store, report);
  const [book, audits, careless] = await Promise.all([
    transfers,
    auditDuring(transfers, store, snapshotAudit),
    auditDuring(transfers, store, () => carelessAudit(store, ACCOUNTS)),
  ]);
  const seconds = (performance.now() - startedMs) / 1_000;

  const { deadlocks, lockWaits } = store.stats();
  const retries = book.attempts - TRANSFERS;
  report.fact('transfers committed', book.made, `${count(Math.round(book.made / seconds))} a second`);
  report.fact('transfers declined', book.declined, 'rolled back, not run again');
  report.fact('waits for a lock', lockWaits);
  report.fact('deadlocks resolved', deadlocks, 'the youngest is rolled back');
  report.fact('retries of transfers', retries, 'by transaction()');
  report.line();
  report.text(
    'Meanwhile some audits added up all balances on a read-only snapshot, which waits for no lock:',
  );
  report.line();
  report.code('bank-audits.ts', 'audit on a snapshot');
  report.fact('audits on a snapshot', audits.sums.length, `${wrong(audits.sums)} saw a wrong total`);
  report.line();
  report.text('Others added up single reads. Each read is right, but the sum mixes many moments:');
  report.line();
  report.code('bank-audits.ts', 'audit by single reads');
  report.fact('audits by single reads', careless.sums.length, `${wrong(careless.sums)} saw a wrong total`);
  report.line();

  const last = await snapshotAudit(store);
  report.check(
    `every audit on a snapshot saw a total of ${count(TOTAL)}`,
    wrong([...audits.sums, last]) === 0,
  );
  report.check('transfers were committed while these audits read', audits.overtaken > 0);
  report.check('every balance is the sum of its transfers: none was lost', await agrees(book, store));
  report.check('every transfer was either made or declined', book.made + book.declined === TRANSFERS);
  report.check('deadlocks occurred', deadlocks > 0);
  report.check(
    'each deadlock cost one retry of one transfer',
    deadlocks === retries,
    `${deadlocks}, ${retries}`,
  );
  const { held, waiting } = store.locks();
  report.check('no locks are left', held.length + waiting.length === 0);
}

async function makeTransfers(store: MemStore<Bank>, report: Report): Promise<DayBook> {
  const balances = new Array<number>(ACCOUNTS).fill(OPENING_BALANCE);
  const book: DayBook = { made: 0, declined: 0, attempts: 0, balances };
  const random = dice(1);
  const progress = report.progress('transfers', TRANSFERS);
  let started = 0;

  const clerk = async (): Promise<void> => {
    while (started++ < TRANSFERS) {
      const from = random(ACCOUNTS);
      const to = (from + 1 + random(ACCOUNTS - 1)) % ACCOUNTS;
      await makeTransfer(store, { from, to, amount: 1 + random(300) }, book);
      progress.increment();
    }
  };
  try {
    await Promise.all(Array.from({ length: CLERKS }, clerk));
  } finally {
    progress.stop();
  }
  return book;
}

async function makeTransfer(
  store: MemStore<Bank>,
  { from, to, amount }: Transfer,
  book: DayBook,
): Promise<void> {
  try {
    await store.transaction(async (tx) => {
      book.attempts++;
      // #region transfer
      const payer = (await tx.get(`account:${from}`)) ?? { balance: 0 };
      const payee = (await tx.get(`account:${to}`)) ?? { balance: 0 };
      await otherWork();
      if (payer.balance < amount) throw new InsufficientFunds();
      await tx.put(`account:${from}`, { balance: payer.balance - amount });
      await tx.put(`account:${to}`, { balance: payee.balance + amount });
      // #endregion
    });
  } catch (error) {
    if (!(error instanceof InsufficientFunds)) throw error;
    book.declined++;
    return;
  }
  book.made++;
  book.balances[from] = (book.balances[from] ?? 0) - amount;
  book.balances[to] = (book.balances[to] ?? 0) + amount;
}

function wrong(sums: readonly number[]): number {
  return sums.filter((sum) => sum !== TOTAL).length;
}

/** Returns whether the store has the expected balance for every account. */
async function agrees({ balances }: DayBook, store: MemStore<Bank>): Promise<boolean> {
  const accounts = await store.getMany(balances.map((_, n) => `account:${n}` as const));
  return accounts.every((account, n) => account?.balance === balances[n]);
}

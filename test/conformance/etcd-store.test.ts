import { EtcdStore } from 'memstore-tx/etcd';
import { storeSuite } from 'memstore-tx/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { EtcdCluster, missingEtcd } from '../etcd/etcd-cluster.ts';
import { skipNote } from '../skip-note.ts';

const NO_WAITING =
  'reads and writes take no lock and do not wait; the loser gets CONFLICT at commit (test/etcd/conflicts.test.ts)';
const NO_VICTIMS = 'cycles of row locks across machines are not detected; they end by lockTimeout';
const TOO_MANY = 'etcd accepts 128 operations in one transaction';

const ON_THE_WAY = 'a snapshot is taken at some time during begin, because it needs a round trip';
const FEED_ON_THE_WAY =
  'a feed begins at some time during its first next(), because that needs a round trip (test/etcd/watch.test.ts)';

/** The cases that an optimistic store on a cluster cannot pass, and why. */
const SKIPPED: Readonly<Record<string, string>> = {
  'a feed yields start, then each later commit in commit order': FEED_ON_THE_WAY,
  'calls of next() are answered in their order': FEED_ON_THE_WAY,
  'initial yields the entries in key order, then the commits after them': FEED_ON_THE_WAY,
  'a touch is a change of the deadline alone': 'etcd shows a touch as a put (test/etcd/watch.test.ts)',
  'a snapshot of many entries has each once, and no commit beside it is lost': TOO_MANY,
  'a snapshot begins when begin is called': ON_THE_WAY,
  'a cycle of three transactions is detected': NO_VICTIMS,
  'a cycle through a scanned range is detected': NO_VICTIMS,
  'a limit counts only jobs that are not skipped': NO_WAITING,
  'a limited scan does not lock the range it has not read': NO_WAITING,
  'a limited scan locks the range it has read': NO_WAITING,
  'the lockTimeout of begin is the default for every operation': NO_WAITING,
  'a one-shot putMany is visible completely or not at all': NO_WAITING,
  'a putMany that cannot lock every key puts nothing': NO_WAITING,
  'a failed next() does not advance a limited scan': NO_WAITING,
  'a reader that then writes overtakes a writer that waits for it': NO_WAITING,
  'a reader waits for a writer and reads the committed value': NO_WAITING,
  'a scan for update locks its rows and the gaps between them': NO_WAITING,
  'a scan waits for a write in its range and reads the committed value': NO_WAITING,
  'a scanned range has no phantoms': NO_WAITING,
  'a signal cancels a waiting one-shot write': NO_WAITING,
  'a signal cancels a waiting scan': NO_WAITING,
  'a signal cancels only its own waiting operation': NO_WAITING,
  'the signal of transaction() cancels the transaction and its retries': NO_WAITING,
  'a writer waits for a reader': NO_WAITING,
  'a scanned range without entries stays empty': NO_WAITING,
  'an operation that fails with LOCK_UNAVAILABLE does not end its transaction': NO_WAITING,
  'an operation that failed earlier does not fail the commit': NO_WAITING,
  'an operation that fails with LOCK_TIMEOUT does not end its transaction': NO_WAITING,
  'closing rejects every waiting operation': NO_WAITING,
  'commit fails and rolls back if an operation it waits for fails': NO_WAITING,
  'commit waits for a waiting next()': NO_WAITING,
  'commit waits for waiting operations': NO_WAITING,
  'every pending and later operation of the victim rejects with DEADLOCK': NO_VICTIMS,
  'failure is DEADLOCK for the victim, and undefined for the other transaction': NO_VICTIMS,
  'a worker locks the jobs it takes, but not the queue': NO_WAITING,
  'long scans yield every key once, including own writes': TOO_MANY,
  'one-shot writes wait for the holder of the key': NO_WAITING,
  'rollback rejects the waiting operations': NO_WAITING,
  'rollbackTo cancels the operations begun since': NO_WAITING,
  'rollbackTo keeps the locks': NO_WAITING,
  'a next() that fails at a locked row loses no earlier row': NO_WAITING,
  'the DEADLOCK error contains the cycle': NO_VICTIMS,
  'a deadlock of two transactions rolls the younger one back, and the older one proceeds': NO_VICTIMS,
  'the younger transaction is the victim even if the older one closes the cycle': NO_VICTIMS,
  'transaction() does not retry errors that are not retryable': NO_WAITING,
  'transaction() makes at most maxAttempts attempts': NO_VICTIMS,
  'transaction() retries after a deadlock and keeps the age': NO_VICTIMS,
  'transaction() retries after a deadlock even if the work throws another error': NO_VICTIMS,
  'transaction() retries after a deadlock even if the work catches the error': NO_VICTIMS,
  'transaction() retries if the work throws LOCK_TIMEOUT': NO_WAITING,
  'two transactions that read a key and then both write it deadlock': NO_VICTIMS,
  'operations behind a waiting operation wait too': NO_WAITING,
  'a retry with the age of an earlier attempt counts as older': NO_VICTIMS,
  'an operation that waits behind a cancelled one proceeds': NO_WAITING,
  'a read blocks writers of the key': NO_WAITING,
  'a write or a read for update blocks all other access to the key': NO_WAITING,
  'writes outside a scanned range do not wait': NO_WAITING,
  'increment waits for the holder of the key': NO_WAITING,
  'take waits for the holder of the key': NO_WAITING,
  'touch waits for the holder of the key': NO_WAITING,
  'a one-shot putIfAbsent of an absent key waits for the holder of the key': NO_WAITING,
  'a putIfAbsent in a transaction keeps its lock even if it puts nothing': NO_WAITING,
  'no other transaction can add a key to a range that a transaction has cleared': NO_WAITING,
  'clear waits for the holder of a key of the range, and deletes all entries or none': NO_WAITING,
  'toArray() waits for a writer, and a rollback rejects it': NO_WAITING,
};

let cluster: EtcdCluster | undefined;
let stores = 0;

describe.skipIf(missingEtcd)(`EtcdStore${skipNote(missingEtcd)}`, () => {
  beforeAll(async () => {
    cluster = await EtcdCluster.start(3);
  });
  afterAll(() => cluster?.stop());

  storeSuite(
    'on a cluster of three nodes',
    () => EtcdStore.open({ hosts: cluster?.hosts ?? [], prefix: `suite-${++stores}` }),
    { describe, it },
    { skip: SKIPPED },
  );
});

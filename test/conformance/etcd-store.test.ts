import { EtcdStore } from 'memstore-tx/etcd';
import { storeSuite } from 'memstore-tx/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { EtcdCluster, missingEtcd } from '../etcd/etcd-cluster.ts';

const NO_WAITING =
  'reads and writes take no lock and do not wait; the loser gets CONFLICT at commit (test/etcd/conflicts.test.ts)';
const NO_VICTIMS = 'cycles of row locks across machines are not detected; they end by lockTimeout';
const TOO_MANY = 'etcd accepts 128 operations in one transaction';

const ON_THE_WAY = 'a snapshot is taken at some time during begin, because it needs a round trip';

/** The cases that an optimistic store on a cluster cannot pass, and why. */
const SKIPPED: Readonly<Record<string, string>> = {
  'a snapshot begins when begin is called': ON_THE_WAY,
  'a cycle of three is found': NO_VICTIMS,
  'a cycle through a scanned range is found': NO_VICTIMS,
  'a limit counts what is left after skipping': NO_WAITING,
  'a limited scan leaves alone what it has not read': NO_WAITING,
  'a limited scan locks what it has read': NO_WAITING,
  'a lockTimeout of begin holds for every operation, unless that brings its own': NO_WAITING,
  'a one-shot putMany is seen whole or not at all': NO_WAITING,
  'a putMany that does not get every lock puts nothing': NO_WAITING,
  'a next() that fails leaves a limited scan where it was': NO_WAITING,
  'a reader that goes on to write passes those who wait for it': NO_WAITING,
  'a reader waits for a writer, and reads what it committed': NO_WAITING,
  'a scan for update locks its rows and lets nobody in between': NO_WAITING,
  'a scan waits for a write in its range, and reads what it committed': NO_WAITING,
  'a scanned range has no phantoms': NO_WAITING,
  'a signal cancels a one-shot write that waits': NO_WAITING,
  'a signal cancels a scan that waits': NO_WAITING,
  'a signal cancels an operation that waits, and that alone': NO_WAITING,
  'a signal of transaction() cancels the whole run': NO_WAITING,
  'a writer waits for a reader': NO_WAITING,
  'an empty range that was scanned stays empty': NO_WAITING,
  'an operation that does not wait fails alone': NO_WAITING,
  'an operation that failed earlier does not fail the commit': NO_WAITING,
  'an operation whose wait is over fails alone': NO_WAITING,
  'closing ends every operation that waits': NO_WAITING,
  'commit fails with the operation that it waits for, and rolls back': NO_WAITING,
  'commit waits for a next() that waits': NO_WAITING,
  'commit waits for the operations that wait': NO_WAITING,
  'every pending and later operation of the victim says DEADLOCK': NO_VICTIMS,
  'failure is DEADLOCK for the victim, and the victim alone': NO_VICTIMS,
  'jobs that were taken are locked, the queue is not': NO_WAITING,
  'long scans yield every key once, own writes among them': TOO_MANY,
  'one-shot writes wait for whoever holds the key': NO_WAITING,
  'rollback ends the operations that wait': NO_WAITING,
  'rollbackTo cancels the operations begun since': NO_WAITING,
  'rollbackTo keeps the locks': NO_WAITING,
  'rows before the one that fails are not lost': NO_WAITING,
  'the error carries the cycle': NO_VICTIMS,
  'the younger of two that wait for each other is rolled back, the elder goes on': NO_VICTIMS,
  'the younger one loses, whoever closes the cycle': NO_VICTIMS,
  'transaction() does not try again what would fail again': NO_WAITING,
  'transaction() makes no more attempts than asked': NO_VICTIMS,
  'transaction() runs the work again after a deadlock, keeping its age': NO_VICTIMS,
  'transaction() runs the work again whatever it threw about the deadlock': NO_VICTIMS,
  'transaction() runs the work again when it kept the deadlock to itself': NO_VICTIMS,
  'transaction() runs the work again when it passes on that a wait took too long': NO_WAITING,
  'two readers that both go on to write cannot both go on': NO_VICTIMS,
  'what follows an operation that waits waits with it': NO_WAITING,
  'whoever keeps an earlier age is the elder': NO_VICTIMS,
  'whoever queued behind a cancelled operation goes on': NO_WAITING,
  'whoever reads keeps writers off the key': NO_WAITING,
  'whoever writes, or reads for update, keeps all others off the key': NO_WAITING,
  'writes outside a scanned range go on': NO_WAITING,
};

let cluster: EtcdCluster | undefined;
let stores = 0;

describe.skipIf(missingEtcd)(
  `EtcdStore${missingEtcd === undefined ? '' : ` (skipped: ${missingEtcd})`}`,
  () => {
    beforeAll(async () => {
      cluster = await EtcdCluster.start(3);
    }, 120_000);
    afterAll(() => cluster?.stop());

    storeSuite(
      'on a cluster of three nodes',
      () => EtcdStore.open({ hosts: cluster?.hosts ?? [], prefix: `suite-${++stores}` }),
      { describe, it },
      { skip: SKIPPED },
    );
  },
);

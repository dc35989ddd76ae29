import { EtcdStore, type EtcdStoreOptions } from 'memstore-tx/etcd';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { EtcdCluster } from './etcd-cluster.ts';

let prefixes = 0;

/** A cluster for all tests of a file. */
export function useCluster(size: number): {
  readonly cluster: EtcdCluster;
  /** Returns a prefix that no other test uses. */
  newPrefix(): string;
  /** Opens a store, which is closed when the test ends. Without a prefix the store is empty. */
  open(options?: Partial<EtcdStoreOptions>): Promise<EtcdStore>;
} {
  let started: EtcdCluster | undefined;
  beforeAll(async () => {
    started = await EtcdCluster.start(size);
  });
  afterAll(() => started?.stop());
  const newPrefix = (): string => `test-${++prefixes}`;
  return {
    get cluster() {
      if (started === undefined) throw new Error('The cluster has not started.');
      return started;
    },
    newPrefix,
    async open(options = {}) {
      const store = await EtcdStore.open({ hosts: started?.hosts ?? [], prefix: newPrefix(), ...options });
      onTestFinished(() => store.close());
      return store;
    },
  };
}

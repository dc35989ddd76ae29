export type { EtcdStoreOptions } from './etcd-options.ts';
export { EtcdStore } from './etcd-store.ts';

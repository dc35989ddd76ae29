/** The command-line options of `memstore serve`. Times are in milliseconds, sizes in bytes. */
export interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly unix?: string;
  readonly passwordFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly data?: string;
  readonly unreadable?: 'refuse' | 'set-aside';
  readonly etcd?: string;
  readonly etcdPrefix?: string;
  readonly etcdUser?: string;
  readonly etcdPasswordFile?: string;
  readonly etcdTlsCa?: string;
  readonly etcdTlsCert?: string;
  readonly etcdTlsKey?: string;
  readonly maxMemory?: number;
  readonly lockTimeout?: number;
  readonly idleTimeout?: number;
  readonly maxTransactions?: number;
  readonly limit: Readonly<Record<string, number>>;
  readonly drainTimeout: number;
  readonly log?: 'json' | 'pretty';
  readonly verbose?: boolean;
}

/** The defaults of the options. */
export const serveDefaults: ServeFlags = {
  port: 8000,
  host: '127.0.0.1',
  limit: {},
  drainTimeout: 5_000,
};

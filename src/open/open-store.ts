import { connect, MemStore, MemStoreError, type Store } from '../index.ts';
import { parseEtcdUrl } from './parse-etcd-url.ts';

const FORMS =
  'memory:, lmdb:PATH, memstore://user:password@host:port (memstores://… for TLS, memstore+unix:///path), ' +
  'or etcd://host:port,host:port/prefix (etcds://… for TLS)';

/**
 * Opens a store of any backend by its URL. To switch the backend, change one line:
 *
 * - `memory:` is a new store in the memory of this process
 * - `lmdb:PATH` is in memory and on disk, in the directory PATH; it needs the package `lmdb`
 * - `memstore://user:password@host:port` is served by another process; `memstores://…` for TLS,
 *   `memstore+unix:///path` for a Unix socket
 * - `etcd://user:password@host:port,host:port/prefix` is on a cluster, `etcds://…` with TLS; it needs the
 *   package `etcd3`
 *
 * With TLS, it trusts the authorities that Node trusts, and those in the file that the environment variable
 * `NODE_EXTRA_CA_CERTS` names. The promise resolves when the store is ready. The constructors of the backends
 * have more options.
 *
 * @example
 * const store = await openStore(process.env['STORE_URL'] ?? 'memory:');
 *
 * @throws {MemStoreError} INVALID_OPTION for an invalid URL, or if the package of the backend is not
 * installed. The message omits the URL, because it may contain a password. Also JOURNAL_LOCKED,
 * JOURNAL_FORMAT, JOURNAL_CORRUPT, JOURNAL_FAILED; CONNECTION_LOST, AUTH_REQUIRED, AUTH_FAILED, PROTOCOL,
 * LIMIT_EXCEEDED
 */
export async function openStore<S extends object = Record<string, unknown>>(url: string): Promise<Store<S>> {
  const [, scheme = ''] = (typeof url === 'string' && /^([a-z+]+):/.exec(url)) || [];
  switch (scheme) {
    case 'memory':
      if (url !== 'memory:') throw notUnderstood();
      return new MemStore<S>();
    case 'lmdb':
      return openLmdb<S>(url.slice('lmdb:'.length));
    case 'memstore':
    case 'memstores':
    case 'memstore+unix':
      return connect<S>(url);
    case 'etcd':
    case 'etcds':
      return openEtcd<S>(url);
    default:
      throw notUnderstood();
  }
}

async function openLmdb<S extends object>(path: string): Promise<Store<S>> {
  // With two slashes, the first folder would look like a host, and a relative path like an absolute one.
  if (path === '' || path.startsWith('//'))
    throw new MemStoreError(
      'INVALID_OPTION',
      'The path must follow directly after lmdb:, as in lmdb:./data or lmdb:/var/lib/app.',
    );
  const { lmdbJournal } = await unlessMissing('lmdb', () => import('../journal/lmdb/index.ts'));
  const store = new MemStore<S>({ journal: lmdbJournal({ path }) });
  try {
    // This call reads nothing, but waits until the journal is loaded.
    await store.getMany([]);
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

async function openEtcd<S extends object>(url: string): Promise<Store<S>> {
  const options = parseEtcdUrl(url);
  if (options === undefined) throw notUnderstood();
  const { EtcdStore } = await unlessMissing('etcd3', () => import('../etcd/index.ts'));
  return EtcdStore.open<S>(options);
}

async function unlessMissing<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // If the quoted name is the package itself, the package is missing, and not a file inside it.
    if (!code?.endsWith('MODULE_NOT_FOUND') || !message.includes(`'${name}'`)) throw cause;
    const text = `This store needs the package ${name}, which is not installed. Run: npm install ${name}`;
    throw new MemStoreError('INVALID_OPTION', text, { cause });
  }
}

function notUnderstood(): MemStoreError {
  return new MemStoreError('INVALID_OPTION', `The URL of a store must be ${FORMS}.`);
}

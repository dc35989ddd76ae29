/** What an `etcd:` or `etcds:` URL says of a cluster. */
export interface EtcdTarget {
  readonly hosts: readonly string[];
  readonly prefix?: string;
  readonly auth?: { readonly username: string; readonly password: string };
  /** There for TLS. */
  readonly tls?: Record<string, never>;
}

const URL_PARTS = /^etcd(s?):\/\/(?:([^/]*)@)?([^@/]+)(?:\/([^/?#]*))?$/;
const HOST = /^(?:\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i;
const DEFAULT_PORT = 2379;

/**
 * What `etcd://user:password@host:port,host:port/prefix`, or `etcds://…` for TLS, stands for; undefined when
 * it is not of that form. The class URL knows one host only.
 */
export function parseEtcdUrl(url: string): EtcdTarget | undefined {
  const [, secure, credentials, hosts = '', prefix = ''] = URL_PARTS.exec(url) ?? [];
  const given = hosts.split(',');
  if (!given.every((host) => HOST.test(host))) return undefined;
  const [, username, password] = (credentials !== undefined && /^([^:]+):(.*)$/s.exec(credentials)) || [];
  if (credentials !== undefined && password === undefined) return undefined;
  try {
    return {
      hosts: given.map((host) => (HOST.exec(host)?.[1] === undefined ? `${host}:${DEFAULT_PORT}` : host)),
      ...(prefix === '' ? {} : { prefix: decodeURIComponent(prefix) }),
      ...(username === undefined || password === undefined
        ? {}
        : { auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) } }),
      ...(secure === 's' ? { tls: {} } : {}),
    };
  } catch {
    // A percent sign that begins no escape.
    return undefined;
  }
}

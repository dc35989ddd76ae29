/** The parts of an `etcd:` or `etcds:` URL. */
export interface EtcdTarget {
  readonly hosts: readonly string[];
  readonly prefix?: string;
  readonly auth?: { readonly username: string; readonly password: string };
  /** Present if the URL selects TLS. */
  readonly tls?: Record<string, never>;
}

const URL_PARTS = /^etcd(s?):\/\/(?:([^/]*)@)?([^@/]+)(?:\/([^/?#]*))?$/;
const HOST = /^(?:\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i;
const DEFAULT_PORT = 2379;

/**
 * Parses `etcd://user:password@host:port,host:port/prefix`, or `etcds://…` for TLS. Returns undefined if
 * the URL does not have this form. The URL class is not used, because it supports only one host.
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
    // The URL contains a percent sign that does not begin a valid escape.
    return undefined;
  }
}

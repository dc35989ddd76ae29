import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The reason why tests of clusters cannot run here, or `undefined` if they can. */
export const missingEtcd: string | undefined =
  spawnSync('etcd', ['--version']).status === 0 ? undefined : 'etcd is not installed here';

/** The certificate and key, in PEM, that the nodes show to clients that use TLS. */
export interface ClusterIdentity {
  readonly cert: string;
  readonly key: string;
  /** The authority of client certificates. Without it, clients need no certificate. */
  readonly clientCa?: string | undefined;
}

/** The place of a node that does not run on loopback: its address, and the command that runs etcd there. */
export interface NodePlace {
  readonly address: string;
  readonly command: readonly string[];
}

interface Node {
  readonly name: string;
  readonly command: readonly string[];
  readonly clientUrl: string;
  /** The URL for clients that use TLS. `undefined` without an identity. */
  readonly secureUrl: string | undefined;
  readonly peerUrl: string;
  readonly folder: string;
  process: ChildProcess | undefined;
  /** What the process has printed to stderr. */
  errors: string;
}

/** Another program took a port between the check that it is free and the start of the node. */
class PortTaken extends Error {}

const MAX_STARTS = 5;
// The characters of stderr that are kept for a message.
const MAX_ERRORS = 4_000;
// A port of `amanda`, which `fetch` refuses (https://fetch.spec.whatwg.org/#port-blocking).
const BLOCKED_PORT = 10_080;

/** A real cluster, by default on loopback. Its nodes can be killed, paused and started again. */
export class EtcdCluster {
  readonly #folder: string;
  readonly #nodes: readonly Node[];

  readonly #flags: Readonly<Record<string, string>>;

  private constructor(folder: string, nodes: readonly Node[], flags: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#flags = flags;
    this.#nodes = nodes;
  }

  /**
   * Starts a cluster, and waits until it is healthy.
   * @param flags more flags of etcd, besides those that form the cluster
   * @param places one place for each node, if the nodes do not run on loopback
   */
  static async start(
    size: number,
    flags: Readonly<Record<string, string>> = {},
    identity?: ClusterIdentity,
    places: readonly NodePlace[] = [],
  ): Promise<EtcdCluster> {
    for (let attempt = 1; ; attempt++) {
      const cluster = await EtcdCluster.#launch(size, flags, identity, places);
      try {
        await cluster.healthy();
        return cluster;
      } catch (error) {
        await cluster.stop();
        if (!(error instanceof PortTaken) || attempt === MAX_STARTS) throw error;
      }
    }
  }

  static async #launch(
    size: number,
    flags: Readonly<Record<string, string>>,
    identity: ClusterIdentity | undefined,
    places: readonly NodePlace[],
  ): Promise<EtcdCluster> {
    // Disks of test machines are slow to sync, and no test here simulates a power loss.
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'memstore-etcd-'));
    const ports = await freePorts(3 * size);
    const nodes = Array.from({ length: size }, (_, index): Node => {
      const name = `node${index}`;
      const [client, peer, secure] = ports.slice(3 * index);
      const { address, command } = places[index] ?? { address: '127.0.0.1', command: [] };
      return {
        name,
        command,
        clientUrl: `http://${address}:${client}`,
        secureUrl: identity === undefined ? undefined : `https://${address}:${secure}`,
        peerUrl: `http://${address}:${peer}`,
        folder: join(folder, name),
        process: undefined,
        errors: '',
      };
    });
    const cluster = new EtcdCluster(folder, nodes, { ...flags, ...tlsFlags(folder, identity) });
    for (let index = 0; index < size; index++) cluster.startNode(index);
    return cluster;
  }

  get hosts(): string[] {
    return this.#nodes.map(({ clientUrl }) => clientUrl.replace('http://', ''));
  }

  /**
   * The hosts for clients that use TLS, by name. gRPC prints a warning if the TLS server name is an address.
   */
  get secureHosts(): string[] {
    return this.#nodes.map(({ secureUrl = '' }) => `localhost:${new URL(secureUrl).port}`);
  }

  get size(): number {
    return this.#nodes.length;
  }

  /** Starts a node, for the first time or again with its data on disk. */
  startNode(index: number): void {
    const node = this.#node(index);
    const state = existsSync(node.folder) ? 'existing' : 'new';
    const flags = {
      name: node.name,
      'data-dir': node.folder,
      'listen-client-urls': [node.clientUrl, node.secureUrl ?? []].flat().join(','),
      'advertise-client-urls': node.clientUrl,
      'listen-peer-urls': node.peerUrl,
      'initial-advertise-peer-urls': node.peerUrl,
      'initial-cluster': this.#nodes.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(','),
      'initial-cluster-state': state,
      'log-level': 'error',
      ...this.#flags,
    };
    const words = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const [program = '', ...rest] = [...node.command, 'etcd', ...words];
    node.errors = '';
    node.process = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    node.process.stderr?.on('data', (bytes: Buffer) => {
      node.errors = (node.errors + bytes.toString()).slice(-MAX_ERRORS);
    });
  }

  /** Kills a node without a shutdown, as a power loss would. */
  async kill(index: number): Promise<void> {
    const { process } = this.#node(index);
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    process.kill('SIGKILL');
    await once(process, 'exit');
  }

  pause(index: number): void {
    this.#node(index).process?.kill('SIGSTOP');
  }

  resume(index: number): void {
    this.#node(index).process?.kill('SIGCONT');
  }

  /** Returns the index of the current leader, or `undefined` if there is none. */
  async leader(): Promise<number | undefined> {
    for (const [index, { clientUrl }] of this.#nodes.entries()) {
      const status = await this.#status(clientUrl);
      if (status !== undefined && status.leader === status.member) return index;
    }
    return undefined;
  }

  /** Makes another node the leader. */
  async moveLeader(to: number): Promise<void> {
    const from = await this.leader();
    const target = await this.#status(this.#node(to).clientUrl);
    if (from === undefined || from === to || target === undefined) return;
    await etcdctl(this.#node(from).clientUrl, 'move-leader', BigInt(target.member).toString(16));
  }

  /** Resolves when every node answers and all agree on a leader. */
  async healthy(): Promise<void> {
    const GIVE_UP_MS = 300_000;
    const end = performance.now() + GIVE_UP_MS;
    for (;;) {
      const statuses = await Promise.all(this.#nodes.map(({ clientUrl }) => this.#status(clientUrl)));
      const leaders = new Set(statuses.map((status) => status?.leader));
      if (leaders.size === 1 && !leaders.has(undefined) && !leaders.has('0')) return;
      this.#checkProcesses();
      if (performance.now() > end) throw new Error(`The cluster did not become healthy.\n${this.#errors()}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Throws if a node has ended by itself. */
  #checkProcesses(): void {
    for (const { name, process, errors } of this.#nodes) {
      // Its last words may come after its end.
      if (typeof process?.exitCode !== 'number' || process.stderr?.readableEnded === false) continue;
      const message = `${name} ended with the code ${process.exitCode}.\n${errors}`;
      throw errors.includes('address already in use') ? new PortTaken(message) : new Error(message);
    }
  }

  #errors(): string {
    return this.#nodes.map(({ name, errors }) => `${name}: ${errors}`).join('\n');
  }

  /** Returns the granted TTL of every existing lease, in seconds. */
  async leases(): Promise<number[]> {
    const { clientUrl } = this.#node(0);
    const { leases = [] } = await post<{ leases?: { ID: string }[] }>(`${clientUrl}/v3/lease/leases`, {});
    const granted = leases.map(({ ID }) =>
      post<{ grantedTTL: string }>(`${clientUrl}/v3/lease/timetolive`, { ID }),
    );
    return (await Promise.all(granted)).map(({ grantedTTL }) => Number(grantedTTL)).sort((a, b) => a - b);
  }

  /** Compacts the history up to the newest revision. Sends the request to the node with this index. */
  async compact(node = 0): Promise<void> {
    const { clientUrl } = this.#node(node);
    const { header } = await post<{ header: { revision: string } }>(`${clientUrl}/v3/kv/range`, {
      key: 'AA==',
    });
    await post(`${clientUrl}/v3/kv/compaction`, { revision: header.revision });
  }

  /** Returns the number of watches that the node has. */
  async watches(node = 0): Promise<number> {
    const metrics = await (await fetch(`${this.#node(node).clientUrl}/metrics`)).text();
    return Number(/^etcd_debugging_mvcc_watcher_total (\S+)$/m.exec(metrics)?.[1]);
  }

  /** Adds a user that may read and write the keys with the prefix, and nothing else. */
  async addUser(name: string, password: string, prefix: string): Promise<void> {
    const { clientUrl } = this.#node(0);
    await etcdctl(clientUrl, 'user', 'add', `${name}:${password}`);
    await etcdctl(clientUrl, 'role', 'add', name);
    await etcdctl(clientUrl, 'role', 'grant-permission', name, '--prefix=true', 'readwrite', prefix);
    await etcdctl(clientUrl, 'user', 'grant-role', name, name);
  }

  /** Requires a password from now on: the password of root, or of an added user. */
  async requirePassword(password: string): Promise<void> {
    const { clientUrl } = this.#node(0);
    await etcdctl(clientUrl, 'user', 'add', `root:${password}`);
    await etcdctl(clientUrl, 'user', 'grant-role', 'root', 'root');
    await etcdctl(clientUrl, 'auth', 'enable');
  }

  async stop(): Promise<void> {
    for (let index = 0; index < this.size; index++) await this.kill(index);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #node(index: number): Node {
    const node = this.#nodes[index];
    if (node === undefined) throw new Error(`The cluster has no node ${index}.`);
    return node;
  }

  async #status(url: string): Promise<{ readonly leader: string; readonly member: string } | undefined> {
    try {
      const status = await post<{
        readonly leader?: string;
        readonly header?: { readonly member_id: string };
      }>(`${url}/v3/maintenance/status`, {});
      return status.header === undefined
        ? undefined
        : { leader: status.leader ?? '0', member: status.header.member_id };
    } catch {
      return undefined;
    }
  }
}

function tlsFlags(folder: string, identity: ClusterIdentity | undefined): Readonly<Record<string, string>> {
  if (identity === undefined) return {};
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const { cert, key, clientCa } = identity;
  return {
    'cert-file': file('cert.pem', cert),
    'key-file': file('key.pem', key),
    ...(clientCa === undefined
      ? {}
      : { 'client-cert-auth': 'true', 'trusted-ca-file': file('client-ca.pem', clientCa) }),
  };
}

/** Posts a request to a node through its JSON gateway, and returns the response. */
async function post<T>(url: string, body: object): Promise<T> {
  const signal = AbortSignal.timeout(1_000);
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body), signal });
  return (await response.json()) as T;
}

async function etcdctl(endpoint: string, ...words: readonly string[]): Promise<void> {
  const env = { ...process.env, ETCDCTL_API: '3' };
  await promisify(execFile)('etcdctl', [`--endpoints=${endpoint}`, ...words], { env });
}

/**
 * Returns random free ports. Operating systems assign ports of 32,768 and above to programs that request any
 * port. A lower port stays free until the node listens, and while the node is down.
 */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(10_000, 32_768);
    if (port !== BLOCKED_PORT && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}

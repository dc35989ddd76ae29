import { execFileSync, spawnSync } from 'node:child_process';
import type { NodePlace } from '../../etcd/etcd-cluster.ts';

/** The reason why this machine cannot cut networks, or `undefined` if it can. */
export const missingNamespaces: string | undefined = findMissing();

function findMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const name = `memstore-probe-${process.pid}`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0)
    return 'network namespaces are not available here';
  const rules = spawnSync('ip', ['-n', name, 'rule', 'add', 'from', '10.0.0.1', 'blackhole']).status === 0;
  execFileSync('ip', ['netns', 'del', name]);
  return rules ? undefined : 'the kernel has no policy routing';
}

/** The clients, which run in the network namespace of this process. */
export const CLIENTS = 'clients';
/** One end of a connection: a node, by its number, or the clients. */
export type End = number | typeof CLIENTS;

/**
 * Gives each node of a cluster its own network namespace. A router in another namespace connects the nodes
 * with each other and with the clients. A test can make the router silently drop the packets from one end to
 * another, like a broken network.
 */
export class ClusterNetwork {
  readonly #name = `memstore-${process.pid}`;
  // Depends on the process id, so that two processes can have networks at the same time.
  readonly #subnet = `10.${100 + (process.pid % 100)}`;
  readonly #size: number;

  private constructor(size: number) {
    this.#size = size;
  }

  /**
   * Creates the namespaces and links.
   * @throws {Error} if a command of iproute2 fails
   */
  static create(size: number): ClusterNetwork {
    const network = new ClusterNetwork(size);
    try {
      network.#build();
    } catch (error) {
      network.remove();
      throw error;
    }
    return network;
  }

  get places(): NodePlace[] {
    return Array.from({ length: this.#size }, (_, index) => ({
      address: this.#address(index),
      command: ['ip', 'netns', 'exec', this.#namespace(index)],
    }));
  }

  /** Drops every packet from one end to the other. Packets in the other direction still pass. */
  cut(from: End, to: End): void {
    this.#route('add', from, to);
  }

  /** Ends a cut. */
  join(from: End, to: End): void {
    this.#route('del', from, to);
  }

  /**
   * Slows down the packets to a node. If the kernel has netem, each packet takes about 200 ms and 5% are
   * lost. Otherwise the packets share 500 kbit/s.
   */
  slowDown(node: number): void {
    const add = ['-n', this.#router, 'qdisc', 'add', 'dev', this.#link(node), 'root'];
    const delay = ['netem', 'delay', '200ms', '50ms', 'loss', '5%'];
    if (spawnSync('tc', [...add, ...delay]).status === 0) return;
    run('tc', ...add, 'tbf', 'rate', '500kbit', 'burst', '3000', 'latency', '300ms');
  }

  /** Undoes {@link slowDown}. */
  speedUp(node: number): void {
    run('tc', '-n', this.#router, 'qdisc', 'del', 'dev', this.#link(node), 'root');
  }

  /** Removes the namespaces and all their links. The programs in them must have ended. */
  remove(): void {
    for (let index = 0; index < this.#size; index++)
      spawnSync('ip', ['netns', 'del', this.#namespace(index)]);
    spawnSync('ip', ['netns', 'del', this.#router]);
  }

  #build(): void {
    run('ip', 'netns', 'add', this.#router);
    run('ip', 'netns', 'exec', this.#router, 'sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward');
    for (let index = 0; index < this.#size; index++) {
      const namespace = this.#namespace(index);
      run('ip', 'netns', 'add', namespace);
      this.#connect(this.#link(index), index, 'eth0', ['-n', namespace], ['netns', namespace]);
      run('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
      run('ip', '-n', namespace, 'route', 'add', 'default', 'via', this.#gateway(index));
    }
    const clients = `ms${process.pid}`;
    this.#connect('clients', CLIENTS, clients, [], []);
    run('ip', 'route', 'add', `${this.#subnet}.0.0/16`, 'via', this.#gateway(CLIENTS));
  }

  /** Connects the router with one end. */
  #connect(link: string, end: End, device: string, at: readonly string[], place: readonly string[]): void {
    run('ip', 'link', 'add', link, 'netns', this.#router, 'type', 'veth', 'peer', 'name', device, ...place);
    run('ip', '-n', this.#router, 'address', 'add', `${this.#gateway(end)}/24`, 'dev', link);
    run('ip', '-n', this.#router, 'link', 'set', link, 'up');
    run('ip', ...at, 'address', 'add', `${this.#address(end)}/24`, 'dev', device);
    run('ip', ...at, 'link', 'set', device, 'up');
  }

  #route(change: 'add' | 'del', from: End, to: End): void {
    const ends = ['from', this.#address(from), 'to', this.#address(to)];
    run('ip', '-n', this.#router, 'rule', change, ...ends, 'blackhole');
  }

  get #router(): string {
    return `${this.#name}-router`;
  }

  #namespace(node: number): string {
    return `${this.#name}-node${node}`;
  }

  /** Returns the name of the router's device that leads to a node. */
  #link(node: number): string {
    return `node${node}`;
  }

  #address(end: End): string {
    return `${this.#subnet}.${this.#network(end)}.2`;
  }

  #gateway(end: End): string {
    return `${this.#subnet}.${this.#network(end)}.1`;
  }

  #network(end: End): number {
    return end === CLIENTS ? this.#size : end;
  }
}

function run(program: string, ...words: readonly string[]): void {
  execFileSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

import type { ServedStore } from '../serving/served-store.ts';
import { REDIS_VERSION, SERVER_NAME } from './server-identity.ts';

/** The figures of a server for `INFO`. */
export interface ServerFacts {
  readonly address: string;
  readonly uptimeMs: number;
  /** The number of connected clients. */
  readonly connections: number;
  /** The number of connections since the start. */
  readonly accepted: number;
  readonly maxConnections: number;
}

/** Returns the reply to `INFO`: sections of `name:value` lines, in the format that Redis tools parse. */
export async function infoText(store: ServedStore, facts: ServerFacts): Promise<string> {
  const { rss, heapUsed, heapTotal } = process.memoryUsage();
  const stats = await store.stats?.();
  const sections: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    Server: {
      redis_version: REDIS_VERSION,
      redis_mode: 'standalone',
      server_name: SERVER_NAME,
      process_id: process.pid,
      node_version: process.version,
      listening_on: facts.address,
      uptime_in_seconds: Math.floor(facts.uptimeMs / 1000),
    },
    Clients: { connected_clients: facts.connections, maxclients: facts.maxConnections },
    Memory: { used_memory: heapUsed, used_memory_rss: rss, heap_total: heapTotal },
    Persistence: { loading: 0 },
    Stats: { total_connections_received: facts.accepted },
    Replication: { role: 'master', connected_slaves: 0 },
    Store: stats === undefined ? {} : snakeCased(stats),
    Keyspace: stats === undefined ? {} : { db0: `keys=${stats.entries},expires=${stats.expiringEntries}` },
  };
  return Object.entries(sections)
    .flatMap(([title, lines]) => [
      `# ${title}`,
      ...Object.entries(lines).map(([name, value]) => `${name}:${value}`),
      '',
    ])
    .join('\r\n');
}

function snakeCased(stats: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(stats).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value ?? '',
    ]),
  );
}

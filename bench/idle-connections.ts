import { fork } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { MemStore, startServer } from 'memstore-tx';

/**
 * Prints the server memory per idle connection: `npx tsx --expose-gc bench/idle-connections.ts 10000`. The
 * clients run in another process. Each has sent a command and received the reply.
 */
const count = Number(process.argv[2] ?? 10_000);

async function openAll(port: number): Promise<void> {
  const sockets: Socket[] = [];
  for (let index = 0; index < count; index++)
    await new Promise<void>((resolve, reject) => {
      const socket = connect(port);
      sockets.push(socket);
      socket.on('error', reject);
      socket.on('connect', () => socket.write('PING\n'));
      socket.once('data', () => resolve());
    });
  process.send?.('open');
  process.on('message', () => process.exit());
}

async function measure(): Promise<void> {
  const server = await startServer(new MemStore(), { port: 0, limits: { maxConnections: count } });
  const memory = (): NodeJS.MemoryUsage => {
    for (let round = 0; round < 3; round++) globalThis.gc?.();
    return process.memoryUsage();
  };
  const before = memory();
  const clients = fork(fileURLToPath(import.meta.url), [String(count)], {
    env: { ...process.env, CLIENTS_OF: String(server.port) },
  });
  await new Promise((resolve) => clients.once('message', resolve));
  const after = memory();
  const each = (name: 'heapUsed' | 'external' | 'rss'): number =>
    Math.round((after[name] - before[name]) / server.connections);
  console.log(
    `${server.connections} idle connections: each uses ${each('heapUsed')} bytes of heap and ${each('rss')} bytes of resident memory`,
  );
  clients.send('close');
  await server.close({ drainTimeout: 0 });
}

const port = process.env['CLIENTS_OF'];
await (port === undefined ? measure() : openAll(Number(port)));

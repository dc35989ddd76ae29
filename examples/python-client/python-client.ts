/*
 * A program in another language uses the same store: client.py connects to the server with a plain socket.
 * Values from client.py are strings here. Strings from this program are text in client.py, and other values
 * are JSON.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MemStore, startServer } from 'memstore-tx';

await using store = new MemStore<{ visits: string }>();
await using server = await startServer(store, { port: 0 });
await store.put('visits', '41');

if (spawnSync('python3', ['--version']).status === 0) {
  const client = fileURLToPath(new URL('client.py', import.meta.url));
  const python = spawn('python3', [client, String(server.port)], { stdio: 'inherit' });
  await once(python, 'exit');
  if ((await store.get('visits')) !== '42')
    throw new Error('visits must be 42 after the client has run, but it is not.');
} else {
  console.log('Skipped, because python3 is not installed.');
}

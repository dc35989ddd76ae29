/*
 * A program in another language uses the same store: client.py speaks to the server through a bare socket.
 * What it puts is text here, and what this program puts is text there, or JSON if it is no string.
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
  if ((await store.get('visits')) !== '42') throw new Error('The visit was not counted.');
} else {
  console.log('python3 is not installed here.');
}

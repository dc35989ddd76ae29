// Starts a server and a client of the installed command, and a client of the installed library.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'memstore-tx';

const bin = 'node_modules/.bin/memstore';
const server = spawn(bin, ['serve', '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
const url = line.trim().split(' ')[1];
const client = spawn(bin, ['connect', url], { stdio: ['pipe', 'ignore', 'inherit'] });
client.stdin.end('BEGIN\nPUT key1 value1\nCOMMIT\n');
await once(client, 'close');
const remote = await connect(url);
console.log(await remote.get('key1'));
await remote.close();
server.kill();
await once(server, 'close');

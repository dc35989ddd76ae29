// Tests the installed command on the current runtime: its version, a server, and a client in a pipe.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const folder = new URL('node_modules/memstore-tx/', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
const command = new URL('dist/cli.js', folder).pathname;

check((await run(['--version'])).output === `${version}\n`, 'it prints its version');
const server = start(['serve', '--port', '0']);
const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
check(line.startsWith('ready '), 'a server reports when it is ready');
const url = line.trim().slice('ready '.length);
const ok = '{"status":"Ok"}\n';
const session = await run(['connect', url], 'BEGIN\nPUT key1 value1\nCOMMIT\nGET key1\n');
check(
  session.output === `{"status":"Ok","transaction_id":1}\n${ok}${ok}{"status":"Ok","result":"value1"}\n`,
  'a client in a pipe prints its answers as lines of JSON',
);
check(session.status === 0, 'a client whose commands succeeded exits with 0');
const failed = await run(['connect', url], 'FROB\n');
check(failed.status === 1, 'a client with a failed command exits with 1');
server.kill();
const [status] = await once(server, 'close');
check(status === 0, 'a server that is stopped exits with 0');
console.log('command passed');

function start(args) {
  return spawn(process.execPath, [command, ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
}

async function run(args, input = '') {
  const child = start(args);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stdin.end(input);
  const [status] = await once(child, 'close');
  return { status, output };
}

function check(condition, what) {
  if (!condition) throw new Error(`The check failed: ${what}.`);
}

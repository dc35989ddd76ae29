// Runs the packed package on other runtimes than the one that the tests run on. A runtime that cannot be had
// is skipped in words; one that fails, fails.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'memstore-runtimes-'));

/** Runtimes that the package registry has, how each runs a file, and which: the command is for Node alone. */
const runtimes = [
  { name: 'Node.js 22', spec: 'node@22', command: ['node'], tests: ['smoke', 'command'] },
  { name: 'Node.js 24', spec: 'node@24', command: ['node'], tests: ['smoke', 'command'] },
  { name: 'Bun 1.4', spec: 'bun@1.4.5', command: ['bun'], tests: ['smoke'] },
  {
    name: 'Deno 2.9',
    spec: 'deno@2.9.5',
    command: ['deno', 'run', '--allow-read', '--allow-env'],
    tests: ['smoke'],
  },
];

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

try {
  await installPackage();
  await runHere();
  for (const runtime of runtimes) await runOn(runtime);
  await runInChromium();
} finally {
  rmSync(folder, { recursive: true });
}

async function installPackage() {
  await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  cpSync(join(root, 'test/runtimes'), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  await install('--prefer-offline', `./memstore-tx-${version}.tgz`);
}

async function runHere() {
  await runTests(`Node.js ${process.versions.node}`, [process.execPath], ['smoke', 'command']);
}

async function runTests(name, [program, ...args], tests) {
  for (const test of tests) {
    const { stdout } = await execute(program, [...args, `${test}.js`], { cwd: folder, timeout: 60_000 });
    report(name, test, stdout);
  }
}

async function runOn({ name, spec, command, tests }) {
  const own = join(folder, spec.replace('@', '-'));
  try {
    await install('--prefer-offline', '--prefix', own, spec);
  } catch (error) {
    console.log(`${name}: skipped, since ${spec} could not be installed (${firstLine(error)})`);
    return;
  }
  const [program, ...args] = command;
  await runTests(name, [join(own, 'node_modules/.bin', program), ...args], tests);
}

async function runInChromium() {
  if (!chromiumPath) {
    console.log('Chromium: skipped, since it is not installed');
    return;
  }
  const bundle = await build({
    entryPoints: [join(folder, 'browser.js')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  // Served over HTTP from this machine, since a page from nowhere may not load modules.
  const server = createServer(({ url }, response) => {
    const script = url === '/browser.js';
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
    response.end(script ? bundle.outputFiles[0].text : '<!doctype html><title>smoke</title>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArguments });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const printed = [];
    page.on('console', (message) => printed.push(message.text()));
    await page.evaluate(async (path) => void (await import(path)), '/browser.js');
    for (const test of ['smoke', 'browser'])
      report(`Chromium ${browser.version()}`, test, printed.join('\n'));
  } finally {
    await browser.close();
    server.close();
  }
}

function report(name, test, output) {
  if (!output.includes(`${test} passed`))
    throw new Error(`${name} ended without having run the test ${test}: ${output}`);
  console.log(`${name}: ${test} passed`);
}

function install(...args) {
  return execute('npm', ['install', '--no-audit', '--no-fund', '--no-save', ...args], { cwd: folder });
}

function firstLine(error) {
  return String(error.stderr || error.message)
    .trim()
    .split('\n')[0];
}

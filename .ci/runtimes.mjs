// Runs the packed package on other runtimes than the one that the tests run on. A runtime that cannot be had is
// skipped in words; one that fails, fails.
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

/** Runtimes that the package registry has, and how each runs a file. */
const runtimes = [
  { name: 'Node.js 22', spec: 'node@22', command: ['node', 'smoke.js'] },
  { name: 'Node.js 24', spec: 'node@24', command: ['node', 'smoke.js'] },
  { name: 'Bun 1.4', spec: 'bun@1.4.5', command: ['bun', 'smoke.js'] },
  {
    name: 'Deno 2.9',
    spec: 'deno@2.9.5',
    command: ['deno', 'run', '--allow-read', '--allow-env', 'smoke.js'],
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
  await execute(process.execPath, ['smoke.js'], { cwd: folder });
  console.log(`Node.js ${process.versions.node}: passed`);
}

async function runOn({ name, spec, command }) {
  const own = join(folder, spec.replace('@', '-'));
  try {
    await install('--prefer-offline', '--prefix', own, spec);
  } catch (error) {
    console.log(`${name}: skipped, since ${spec} could not be installed (${firstLine(error)})`);
    return;
  }
  const [program, ...args] = command;
  const { stdout } = await execute(join(own, 'node_modules/.bin', program), args, {
    cwd: folder,
    timeout: 60_000,
  });
  report(name, stdout);
}

async function runInChromium() {
  if (!chromiumPath) {
    console.log('Chromium: skipped, since it is not installed');
    return;
  }
  const bundle = await build({
    entryPoints: [join(folder, 'smoke.js')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  // Served over HTTP from this machine, since a page from nowhere may not load modules.
  const server = createServer(({ url }, response) => {
    const script = url === '/smoke.js';
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
    await page.evaluate(async (path) => void (await import(path)), '/smoke.js');
    report(`Chromium ${browser.version()}`, printed.join('\n'));
  } finally {
    await browser.close();
    server.close();
  }
}

function report(name, output) {
  if (!output.includes('smoke passed'))
    throw new Error(`${name} ended without having run the test: ${output}`);
  console.log(`${name}: passed`);
}

function install(...args) {
  return execute('npm', ['install', '--no-audit', '--no-fund', '--no-save', ...args], { cwd: folder });
}

function firstLine(error) {
  return String(error.stderr || error.message)
    .trim()
    .split('\n')[0];
}

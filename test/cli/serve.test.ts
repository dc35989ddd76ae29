import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'memstore-tx';
import { generate } from 'selfsigned';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scratch, useBuiltCommand } from './built-command.ts';
import { runCommand, startCommand, startServe } from './run-command.ts';

useBuiltCommand();

function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

describe('memstore serve', () => {
  it('prints one line when it is ready, and logs to standard error', async () => {
    const server = await startServe();
    await server.stderr.until('"event":"listening"');
    const remote = await connect(server.url);
    await remote.put('a', 1);
    expect(await remote.get('a')).toBe(1);
    await remote.close();
    server.child.kill('SIGTERM');
    await server.stderr.until('"message":"SIGTERM: stopping');
    const { status, stdout, stderr } = await server.ended;
    expect({ status, stdout }).toEqual({ status: 0, stdout: `ready ${server.url}\n` });
    const logs = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; level: string });
    expect(logs.map(({ event }) => event)).toEqual(['listening', 'closing', 'closed']);
    expect(new Set(logs.map(({ level }) => level))).toEqual(new Set(['info']));
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'stops cleanly on %s, and notifies its clients',
    async (signal) => {
      const server = await startServe();
      const remote = await connect({ port: Number(new URL(server.url).port), reconnectTimeout: 0 });
      onTestFinished(() => remote.close());
      const tx = await remote.begin();
      await tx.put('a', 1);
      server.child.kill(signal);
      expect((await server.ended).status).toBe(0);
      await expect(tx.commit()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    },
  );

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('stops immediately on a second %s', async (signal, status) => {
    const server = await startServe(['--port', '0', '--drain-timeout', '1h', '--lock-timeout', '1h']);
    const remote = await connect(server.url);
    onTestFinished(() => remote.close());
    const holder = await remote.begin();
    await holder.put('a', 1);
    const waiting = remote.put('a', 2).catch((error: { code: string }) => error.code);
    while ((await remote.stats()).waitingOperations === 0);
    server.child.kill(signal);
    await server.stderr.until(/"message":"(Ctrl-C|SIGTERM): stopping, one client connected; a second signal/);
    server.child.kill(signal);
    expect((await server.ended).status).toBe(status);
    expect(await waiting).toBe('COMMIT_UNKNOWN');
  });

  it('reports a port that is in use, and exits with status 3', async () => {
    const { url } = await startServe();
    const { port } = new URL(url);
    const { status, stdout, stderr } = await runCommand(['serve', '--port', port]);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toBe(
      `memstore: The server cannot listen: port ${port} is already in use. Is another server running?\n`,
    );
  });

  it('listens on a Unix socket, and removes the socket when it stops', async () => {
    const path = join(scratch, 'a store.sock');
    const server = await startServe(['--unix', path]);
    expect(server.url).toMatch(/^memstore\+unix:\/\/\/.*a%20store\.sock$/);
    expect(await runCommand(['connect', server.url], 'PING\n')).toMatchObject({
      status: 0,
      stdout: '{"status":"Ok","result":"PONG"}\n',
    });
    expect(await runCommand(['connect', path], 'PING\n')).toMatchObject({ status: 0 });
    server.child.kill('SIGTERM');
    expect((await server.ended).status).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it('reports why it cannot use the path of a socket', async () => {
    const plain = file('plain', 'precious');
    const missing = join(scratch, 'missing');
    for (const [path, reason] of [
      [plain, `${plain} already exists and is not a socket.`],
      [join(missing, 'a.sock'), `the directory ${missing} does not exist.`],
    ] as const) {
      expect(await runCommand(['serve', '--unix', path])).toEqual({
        status: 3,
        stdout: '',
        stderr: `memstore: The server cannot listen: ${reason}\n`,
      });
    }
  });

  it('names the file that is not a certificate, not a key, or not the key of the certificate', async () => {
    const identity = await generate([{ name: 'commonName', value: 'a' }], { keyType: 'ec' });
    const another = await generate([{ name: 'commonName', value: 'a' }], { keyType: 'ec' });
    const [cert, key] = [file('good.pem', identity.cert), file('good-key.pem', identity.private)];
    const wrongKey = file('another-key.pem', another.private);
    const nonsense = file('nonsense.pem', 'nonsense');
    for (const [args, message] of [
      [
        ['--tls-cert', nonsense, '--tls-key', key],
        `--tls-cert ${nonsense} must contain a certificate in PEM.`,
      ],
      [['--tls-cert', cert, '--tls-key', nonsense], `--tls-key ${nonsense} must contain a private key`],
      [
        ['--tls-cert', cert, '--tls-key', wrongKey],
        `The key in --tls-key ${wrongKey} does not match the certificate in --tls-cert ${cert}.`,
      ],
      [
        ['--tls-cert', cert, '--tls-key', key, '--tls-ca', nonsense],
        `--tls-ca ${nonsense} must contain a certificate`,
      ],
    ] as const) {
      for (const command of [
        ['serve', '--port', '0'],
        ['connect', 'memstores://127.0.0.1:1'],
      ]) {
        const { status, stderr } = await runCommand([...command, ...args]);
        expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(message) });
      }
    }
  });

  it('requires the password from a file or from the environment', async () => {
    const passwordFile = file('password', 'open sesame\nnot this\n');
    const fromFile = await startServe(['--port', '0', '--password-file', passwordFile]);
    const fromEnvironment = await startServe(['--port', '0'], { MEMSTORE_PASSWORD: 'open sesame' });
    for (const { url } of [fromFile, fromEnvironment]) {
      const none = await runCommand(['connect', url], 'PING\n');
      expect(none.status).toBe(4);
      expect(none.stderr).toMatch(/requires a password: set MEMSTORE_PASSWORD/);
      const wrong = await runCommand(['connect', url], 'PING\n', { MEMSTORE_PASSWORD: 'sesame' });
      expect(wrong.status).toBe(4);
      expect(wrong.stderr).toMatch(/refused the password/);
      const right = { stdout: '{"status":"Ok","result":"PONG"}\n', status: 0 };
      const inUrl = url.replace('//', '//me:open%20sesame@');
      expect(await runCommand(['connect', inUrl], 'PING\n')).toMatchObject(right);
      expect(await runCommand(['connect', url, '--password-file', passwordFile], 'PING\n')).toMatchObject(
        right,
      );
    }
    await fromFile.stderr.until('"event":"auth-failed"');
    expect((await runCommand(['serve', '--password-file', file('empty', '\n')])).stderr).toMatch(
      /must have the password/,
    );
  });

  it('serves TLS, and requires client certificates if it has a certificate authority', async () => {
    const authority = await generate([{ name: 'commonName', value: 'authority' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
    });
    const issue = (name: string): ReturnType<typeof generate> =>
      generate([{ name: 'commonName', value: name }], {
        keyType: 'ec',
        algorithm: 'sha256',
        ca: { key: authority.private, cert: authority.cert },
        extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
      });
    const [forServer, forClient] = [await issue('localhost'), await issue('client')];
    const ca = file('ca.pem', authority.cert);
    const [cert, key] = [file('cert.pem', forServer.cert), file('key.pem', forServer.private)];
    const client = [
      '--tls-cert',
      file('client.pem', forClient.cert),
      '--tls-key',
      file('client-key.pem', forClient.private),
    ];
    const plain = await startServe(['--port', '0', '--tls-cert', cert, '--tls-key', key]);
    const mutual = await startServe([
      '--port',
      '0',
      '--host',
      '0.0.0.0',
      '--tls-cert',
      cert,
      '--tls-key',
      key,
      '--tls-ca',
      ca,
    ]);
    const at = ({ url }: { readonly url: string }): string => `memstores://localhost:${new URL(url).port}`;
    expect(plain.url).toMatch(/^memstores:/);
    const trusting = ['--tls-ca', ca];
    expect(await runCommand(['connect', at(plain), ...trusting], 'PING\n')).toMatchObject({ status: 0 });
    expect(await runCommand(['connect', at(mutual), ...trusting, ...client], 'PING\n')).toMatchObject({
      status: 0,
    });
    expect(await runCommand(['connect', at(plain)], 'PING\n')).toMatchObject({ status: 4 });
    expect(await runCommand(['connect', at(mutual), ...trusting], 'PING\n')).toMatchObject({ status: 4 });
  });

  it('evicts the least recently used entries when its memory is bounded', async () => {
    const { url } = await startServe(['--port', '0', '--max-memory', '256kb']);
    const remote = await connect(url);
    onTestFinished(() => remote.close());
    const value = 'x'.repeat(1000);
    for (let index = 0; index < 1_000; index++) await remote.put(`key:${index}`, value);
    const { cacheSize, evictions, entries } = await remote.stats();
    expect(cacheSize).toBeLessThanOrEqual(256 * 1024);
    expect(cacheSize).toBeGreaterThan(250 * 1024);
    expect(evictions + entries).toBe(1_000);
    expect(await remote.has('key:0')).toBe(false);
    expect(await remote.has('key:999')).toBe(true);
  });

  it('passes its options to the store and to the server', async () => {
    const server = await startServe([
      ...[
        '--port',
        '0',
        '--lock-timeout',
        '1ms',
        '--limit',
        'maxValueBytes=1kb',
        '--limit',
        'maxConnections=1',
      ],
    ]);
    const remote = await connect(server.url);
    onTestFinished(() => remote.close());
    await expect(remote.put('a', 'x'.repeat(2000))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(connect(server.url)).rejects.toThrow();
    const holder = await remote.begin();
    await holder.put('a', 1);
    await expect(remote.put('a', 2)).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
  });

  it('rolls back an idle transaction, and gives its place to a waiting begin', async () => {
    const server = await startServe(['--port', '0', '--idle-timeout', '16ms', '--max-transactions', '2']);
    const remote = await connect(server.url);
    onTestFinished(() => remote.close());
    const first = await remote.begin();
    await remote.begin();
    // The begin gets a place only when the older of the two transactions expires.
    await remote.begin({ lockTimeout: 60_000 });
    await expect(first.commit()).rejects.toMatchObject({ code: 'TRANSACTION_EXPIRED' });
  });

  it('logs connections and deadlocks with --verbose, also in the pretty format', async () => {
    const server = await startServe(['--port', '0', '--verbose', '--log', 'pretty']);
    await server.stderr.until(/^\d\d:\d\d:\d\d listening on memstore:/m);
    const remote = await connect(server.url);
    onTestFinished(() => remote.close());
    await server.stderr.until(/connection 1 from 127\.0\.0\.1:\d+\n/);
    const [first, second] = [await remote.begin(), await remote.begin()];
    await first.put('a', 1);
    await second.put('b', 1);
    const ends = await Promise.allSettled([first.put('b', 2), second.put('a', 2)]);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await server.stderr.until(`deadlock: rolled back ${second.id} (`);
  });

  it('warns if --max-memory exceeds the memory of the process', async () => {
    const env = { NODE_OPTIONS: '--max-old-space-size=100' };
    const server = await startServe(['--port', '0', '--max-memory', '200mb'], env);
    await server.stderr.until(/"level":"warn","event":"memory".*--max-memory 200 MB/);
  });

  it('keeps running when the reader of its logs has closed the pipe', async () => {
    const server = startCommand(['serve', '--port', '0', '--verbose']);
    const url = (await server.stdout.until(/ready \S+/)).replace('ready ', '');
    server.child.stderr?.destroy();
    server.child.stdout?.destroy();
    for (let round = 0; round < 3; round++) await (await connect(url)).close();
    expect(await runCommand(['connect', url], 'PING\n')).toMatchObject({ status: 0 });
    server.child.kill('SIGTERM');
    expect((await server.ended).status).toBe(0);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { connect, MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useBuiltCommand } from './built-command.ts';
import { runCommand, startServe } from './run-command.ts';

useBuiltCommand();

/** Creates a journal with two entries: "good", and "bad", whose record is damaged. */
async function damagedJournal(): Promise<string> {
  const path = mkdtempSync(join(tmpdir(), 'memstore-check-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const store = new MemStore({ journal: lmdbJournal({ path }) });
  await store.put('good', 1);
  await store.put('bad', 2);
  await store.close();
  const db = open<Buffer, Buffer>({ path, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' });
  await db.put(Buffer.from('\x01bad'), Buffer.from('damaged'));
  await db.close();
  return path;
}

describe('memstore check', () => {
  it('lists unreadable entries, and sets them aside with --set-aside', async () => {
    const path = await damagedJournal();
    const found = 'unreadable "bad" (7 bytes): its checksum is wrong\n1 entry, 1 unreadable, 0 set aside\n';
    const kept = 'set aside "bad" (7 bytes): its checksum is wrong\n1 entry, 0 unreadable, 1 set aside\n';
    expect(await runCommand(['check', path])).toEqual({ status: 1, stdout: found, stderr: '' });
    expect(await runCommand(['check', path, '--set-aside'])).toEqual({ status: 0, stdout: kept, stderr: '' });
    expect(await runCommand(['check', path, '--restore'])).toEqual({ status: 0, stdout: kept, stderr: '' });
  });

  it('reports a journal that it cannot open', async () => {
    const { status, stderr } = await runCommand(['check', '/does/not/exist']);
    expect({ status, stderr }).toEqual({
      status: 5,
      stderr: expect.stringContaining('There is no journal in /does/not/exist.'),
    });
  });
});

describe('memstore serve --unreadable', () => {
  it('keeps the server from starting if it is absent, and the error names the key', async () => {
    const path = await damagedJournal();
    const { status, stderr } = await runCommand(['serve', '--port', '0', '--data', path]);
    expect({ status, stderr }).toEqual({
      status: 5,
      stderr: expect.stringMatching(/cannot read the entry "bad".*memstore serve .*--unreadable set-aside/s),
    });
  });

  it('starts the server without the unreadable entries, and logs each of them', async () => {
    const path = await damagedJournal();
    const server = await startServe(['--port', '0', '--data', path, '--unreadable', 'set-aside']);
    await server.stderr.until(/"level":"warn","event":"set-aside".*"key":"bad"/);
    const remote = await connect(server.url);
    expect(await remote.getMany(['good', 'bad'])).toEqual([1, undefined]);
    await remote.close();
  });

  it('is refused without --data', async () => {
    const { status, stderr } = await runCommand(['serve', '--port', '0', '--unreadable', 'set-aside']);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('needs --data') });
  });
});

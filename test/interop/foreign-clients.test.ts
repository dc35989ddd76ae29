import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemStore, startServer } from 'memstore-tx';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serve } from '../server/serve.ts';
import { type ForeignClient, foreignClients, type Target } from './foreign-client.ts';

for (const [name, openClient] of Object.entries(foreignClients)) {
  async function open(target: Target): Promise<ForeignClient> {
    const client = await openClient(target);
    onTestFinished(async () => {
      await client.close().catch(() => {});
    });
    return client;
  }

  describe(name, () => {
    it('reads and writes values', async () => {
      const { store, port } = await serve();
      const client = await open({ port });
      expect(await client.set('a', 'x')).toBe('OK');
      expect(await client.get('a')).toBe('x');
      expect(await client.get('b')).toBeNull();
      expect(await client.mget(['a', 'b'])).toEqual(['x', null]);
      expect(await client.set('ü€𝄞', 'ü€𝄞')).toBe('OK');
      expect(await store.get('ü€𝄞')).toBe('ü€𝄞');
      expect(await client.get('ü€𝄞')).toBe('ü€𝄞');
      expect(await client.del(['a', 'b', 'ü€𝄞'])).toBe(2);
      expect(await client.call('EXISTS', 'a')).toBe(0);
    });

    it('writes values with a TTL', async () => {
      const { store, port } = await serve();
      const client = await open({ port });
      await client.set('a', 'x', { seconds: 100 });
      await client.set('b', 'x', { milliseconds: 100_000 });
      expect(store.stats().expiringEntries).toBe(2);
      await client.set('a', 'x');
      expect(store.stats().expiringEntries).toBe(1);
    });

    it('round-trips bytes and large values', async () => {
      const { store, port } = await serve();
      const client = await open({ port });
      const bytes = Buffer.from([0xff, 0, 0x0d, 0x0a, 0x80, 0x41]);
      await client.set('bytes', bytes);
      expect(await client.getBytes('bytes')).toEqual(bytes);
      expect(await store.get('bytes')).toEqual(new Uint8Array(bytes));
      const large = 'ä'.repeat(2_500_000);
      await client.set('large', large);
      expect((await client.get('large')) === large).toBe(true);
      await store.put('object', { n: [1, null] });
      expect(await client.get('object')).toBe('{"n":[1,null]}');
    });

    it('has transactions whose writes are invisible to others before the commit', async () => {
      const { port } = await serve();
      const [one, other] = [await open({ port }), await open({ port })];
      const id = String(await one.call('BEGIN'));
      expect(await one.call('TX', id, 'SET', 'a', 'new')).toBe('OK');
      expect(await one.call('TX', id, 'GET', 'a')).toBe('new');
      expect(await other.get('a')).toBeNull();
      // A write of the other client waits for the commit.
      const later = other.set('a', 'later');
      expect(await one.call('COMMIT', id)).toBe('OK');
      await later;
      expect(await one.get('a')).toBe('later');
      await expect(other.call('TX', id, 'GET', 'a')).rejects.toThrow(/^UNKNOWN_TRANSACTION /);
      const second = String(await one.call('BEGIN'));
      await one.call('TX', second, 'DEL', 'a');
      expect(await one.call('ROLLBACK', second)).toBe('OK');
      expect(await one.get('a')).toBe('later');
    });

    it('gets a DEADLOCK error for the victim, and the other transaction continues', async () => {
      const { port } = await serve();
      const client = await open({ port });
      const first = String(await client.call('BEGIN'));
      const second = String(await client.call('BEGIN'));
      await client.call('TX', first, 'SET', 'a', '1');
      await client.call('TX', second, 'SET', 'b', '2');
      // Each transaction on a connection is a lane of its own. The first transaction waits, and does not
      // delay the second.
      const waiting = client.call('TX', first, 'SET', 'b', '1');
      const victim = client.call('TX', second, 'SET', 'a', '2');
      await expect(victim).rejects.toThrow(/^DEADLOCK /);
      expect(await waiting).toBe('OK');
      expect(await client.call('COMMIT', first)).toBe('OK');
      expect(await client.mget(['a', 'b'])).toEqual(['1', '1']);
    });

    it('pipelines commands, and gets each error as the result of its own command', async () => {
      const { port } = await serve();
      const client = await open({ port });
      const writes = Array.from({ length: 500 }, (_, n) => ['SET', `key${n}`, `value${n}`]);
      const reads = writes.map(([, key = '']) => ['GET', key]);
      const results = await client.pipeline([...writes, ['FROB'], ['WATCH', 'key1'], ...reads]);
      expect(results.slice(0, 500)).toEqual(writes.map(() => 'OK'));
      expect(String(results[500])).toContain('UNKNOWN_COMMAND There is no command "FROB".');
      expect(String(results[501])).toContain('Send BEGIN');
      expect(results.slice(502)).toEqual(writes.map(([, , value]) => value));
    });

    it('cannot run commands after a refused WATCH, until EXEC', async () => {
      const { store, port } = await serve();
      const client = await open({ port });
      await expect(client.watch('a')).rejects.toThrow(/WATCH is not supported/);
      const writes = [['SET', 'a', '1'] as const, ['DEL', 'b'] as const, ['PTTL', 'b'] as const];
      await store.put('b', 'stays');
      await expect(client.multi(writes.map(([...words]) => words))).rejects.toThrow();
      expect(await store.getMany(['a', 'b'])).toEqual([undefined, 'stays']);
      // EXEC ended the refused transaction, so commands run again.
      expect(await client.set('a', 'alone')).toBe('OK');
      expect(await store.get('a')).toBe('alone');
    });

    it('cannot write after a refused SELECT', async () => {
      const { store, port } = await serve();
      const writes = async (): Promise<unknown> => (await open({ port, database: 1 })).set('a', 'x');
      await expect(writes()).rejects.toThrow(/SELECT/);
      const client = await open({ port });
      await client.call('SELECT', '2').catch(() => {});
      await expect(client.set('a', 'x')).rejects.toThrow(/SELECT was refused/);
      expect(await store.has('a')).toBe(false);
      await client.call('SELECT', '0');
      expect(await client.set('a', 'x')).toBe('OK');
    });

    it('gets an error for SUBSCRIBE, and can still run commands', async () => {
      const { port } = await serve();
      const client = await open({ port });
      await expect(client.subscribe('news')).rejects.toThrow(/There is no command/);
      // After a refused SUBSCRIBE, node-redis 6 with RESP 2 returns bytes. It does so with every server.
      expect(String(await client.set('a', 'x'))).toBe('OK');
    });

    it('sends its password and its name, and gets an error for a wrong password', async () => {
      const { port } = await serve({ password: 'secret', limits: { authFailureDelay: 0 } });
      const client = await open({ port, password: 'secret', name: 'me' });
      expect(await client.call('CLIENT', 'GETNAME')).toBe('me');
      expect(await client.call('CLIENT', 'INFO')).toContain('name=me');
      await expect(open({ port, password: 'wrong' })).rejects.toThrow(/AUTH_FAILED/);
      // Some clients connect without sending anything.
      const stranger = open({ port }).then((unknown) => unknown.get('a'));
      await expect(stranger).rejects.toThrow(/AUTH_REQUIRED/);
    });

    it('gets an answer to the administrative commands of Redis', async () => {
      const { port } = await serve();
      const client = await open({ port });
      expect(await client.call('PING')).toBe('PONG');
      expect(String(await client.call('INFO'))).toMatch(/\r\nloading:0\r\n/);
      expect(await client.call('CONFIG', 'GET', 'maxmemory')).toBeDefined();
      expect(Number(await client.call('COMMAND', 'COUNT'))).toBeGreaterThan(20);
      expect(await client.call('SELECT', '0')).toBe('OK');
      expect(await client.call('DBSIZE')).toBe(0);
      expect(await client.call('TIME')).toHaveLength(2);
      expect(Number(await client.call('CLIENT', 'ID'))).toBeGreaterThan(0);
    });

    it('connects through a Unix socket', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'memstore-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const path = join(folder, 'socket');
      await serve({ path });
      const client = await open({ path });
      await client.set('a', 'x');
      expect(await client.get('a')).toBe('x');
    });

    it('reconnects when the server is available again', async () => {
      const store = new MemStore();
      const first = await startServer(store, { port: 0 });
      const { port = 0 } = first;
      const client = await open({ port, reconnects: true });
      await client.set('a', 'x');
      await first.close();
      const second = await startServer(store, { port });
      onTestFinished(async () => {
        await client.close().catch(() => {});
        await second.close();
        await store.close();
      });
      // Commands may fail until the client notices the lost connection. After that the client reconnects.
      let value: string | null | undefined;
      while (value === undefined) value = await client.get('a').catch(() => undefined);
      expect(value).toBe('x');
    });
  });
}

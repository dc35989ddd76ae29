import { expect, it } from 'vitest';
import { serve } from '../server/serve.ts';
import { describeWith, run } from './programs.ts';

describeWith('redis-benchmark', () => {
  for (const [title, more] of [
    ['one command at a time', []],
    ['16 commands at once', ['-P', '16']],
    ['RESP 3 and a password', ['-3', '-a', 'secret']],
    ['two threads', ['--threads', '2']],
  ] as const)
    it(`runs with ${title}`, async () => {
      const { store, port } = await serve({ password: more.includes('-a' as never) ? 'secret' : undefined });
      const fixed = [
        '-p',
        String(port),
        '-c',
        '50',
        '-n',
        '2000',
        '-r',
        '100',
        '--csv',
        '-t',
        'ping_mbulk,set,get,mset',
      ];
      const { code, stdout, stderr } = await run('redis-benchmark', [...fixed, ...more]);
      expect({ code, errors: stderr.replace(/^WARNING: Could not fetch server CONFIG\n/, '') }).toEqual({
        code: 0,
        errors: '',
      });
      const tests = stdout
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => JSON.parse(`[${line}]`) as string[]);
      expect(tests.map(([test]) => test)).toEqual(['PING_MBULK', 'SET', 'GET', 'MSET (10 keys)']);
      for (const [, perSecond] of tests) expect(Number(perSecond)).toBeGreaterThan(0);
      // 2,000 random draws cover all 100 keys. MSET uses the same keys.
      expect(store.stats().entries).toBe(100);
    });

  it('runs a command that only this server has', async () => {
    const { store, port } = await serve();
    const args = ['-p', String(port), '-n', '1000', '-P', '4', '-q', 'PUT', 'a', 'x'];
    const { code, stdout } = await run('redis-benchmark', args);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('requests per second') });
    expect(await store.get('a')).toBe('x');
    expect(store.stats().commits).toBeGreaterThanOrEqual(1000);
  });
});

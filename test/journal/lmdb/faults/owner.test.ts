import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';
import { describe, expect, it } from 'vitest';
import { scratchDirectory } from '../scratch-directory.ts';
import { Program } from './run-program.ts';

const opener = new Program(new URL('./open-program.ts', import.meta.url));

async function openAndPut(path: string): Promise<MemStore> {
  const store = new MemStore({ journal: lmdbJournal({ path }) });
  await store.put('a', 1);
  return store;
}

describe('the owner of a journal path', () => {
  it('is one store: a second store in this process is refused, and does not disturb the first', async () => {
    const path = scratchDirectory();
    const first = await openAndPut(path);
    const second = new MemStore({
      journal: lmdbJournal({ path: join(path, '..', path.slice(path.lastIndexOf('/') + 1)) }),
    });
    for (const attempt of [second.get('a'), second.put('a', 2), second.begin()])
      await expect(attempt).rejects.toMatchObject({
        code: 'JOURNAL_LOCKED',
        message: expect.stringContaining('another store in this process'),
      });
    await second.close();
    await first.put('b', 2);
    await first.close();
    const third = await openAndPut(path);
    expect(await third.get('b')).toBe(2);
    await third.close();
    expect(existsSync(join(path, 'owner.json'))).toBe(false);
  });

  it('is one process: another process is refused, and its error names the owner', async () => {
    const path = scratchDirectory();
    const store = await openAndPut(path);
    const { lines, code } = await opener.run([path]);
    expect(code).toBe(0);
    expect(lines).toEqual([
      { code: 'JOURNAL_LOCKED', message: expect.stringContaining(`process ${process.pid}`) },
    ]);
    await store.close();
    expect((await opener.run([path])).lines).toEqual([expect.objectContaining({ entries: [['a', 1]] })]);
  });

  it('is one of several processes that open it at the same time', async () => {
    const path = scratchDirectory();
    const ends = await Promise.all(Array.from({ length: 4 }, () => opener.start([path, 'hold'])));
    const answers = await Promise.all(
      ends.map(
        (child) =>
          new Promise<string>((resolve) =>
            child.stdout?.once('data', (text: Buffer) => resolve(String(text))),
          ),
      ),
    );
    for (const child of ends) child.stdin?.end();
    expect(answers.filter((answer) => answer.includes('entries'))).toHaveLength(1);
    expect(answers.filter((answer) => answer.includes('JOURNAL_LOCKED'))).toHaveLength(3);
  });

  it('loses the path immediately when its process is killed', async () => {
    const path = scratchDirectory();
    const holder = await opener.start([path, 'hold']);
    await new Promise((resolve) => holder.stdout?.once('data', resolve));
    const refused = new MemStore({ journal: lmdbJournal({ path }) });
    await expect(refused.has('a')).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
    const ended = new Promise((resolve) => holder.once('close', resolve));
    holder.kill('SIGKILL');
    await ended;
    expect(existsSync(join(path, 'owner.json'))).toBe(true);
    await (await openAndPut(path)).close();
  });

  it('is not confused with a later process that has the same pid', async () => {
    const path = scratchDirectory();
    const store = await openAndPut(path);
    const note = JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8')) as { started?: string };
    await store.close();
    if (note.started === undefined) return;
    writeFileSync(join(path, 'owner.json'), JSON.stringify({ ...note, started: `${note.started}0` }));
    await (await openAndPut(path)).close();
    writeFileSync(join(path, 'owner.json'), '{"pid":');
    await (await openAndPut(path)).close();
  });

  it.each([
    'null',
    '[]',
    '[1]',
    '5',
    '"text"',
    'true',
    '{}',
    '{"pid":null}',
    '{"pid":"1"}',
    '{"pid":0}',
    '{"pid":-1}',
    '{"pid":1.5}',
    '{"pid":1e300}',
    '{"pid":{"a":1}}',
    `{"pid":${process.pid},"started":5}`,
    `{"pid":${process.pid},"started":null}`,
    `{"pid":${process.pid},"fd":"x"}`,
    `{"pid":${process.pid},"fd":-1}`,
    `{"pid":${process.pid},"fd":1e9}`,
  ])('is unknown if owner.json is invalid, and the path is free: %s', async (text) => {
    const path = scratchDirectory();
    writeFileSync(join(path, 'owner.json'), text);
    await (await openAndPut(path)).close();
  });
});

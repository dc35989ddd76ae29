import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'memstore-tx';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, environment, useBuiltCommand } from '../../cli/built-command.ts';
import { attacks } from './attacks.ts';
import { startAttack } from './start-attack.ts';

const MIB = 1024 ** 2;
const HEAP_MIB = 128;
/** So many increments of another client must succeed during each attack. */
const LEAST_ANSWERS = 20;
const ATTACK_MS = 2_000;
/** Longer than the server bears full buffers. */
const STUCK_MS = 7_000;

describe(`a server with a heap of ${HEAP_MIB} MB`, () => {
  useBuiltCommand();
  let server: ChildProcess;
  let port = 0;
  let output = '';

  beforeAll(async () => {
    const flags = [`--max-old-space-size=${HEAP_MIB}`, command, 'serve'];
    const options = ['--port', '0', '--max-memory', `${HEAP_MIB / 4}mb`, '--log', 'json', '--verbose'];
    server = spawn(process.execPath, [...flags, ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
    });
    server.stderr?.on('data', (text: Buffer) => {
      output += text;
    });
    const [ready] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    port = Number(/:(\d+)\s/.exec(String(ready))?.[1]);
  }, 60_000);

  afterAll(async () => {
    server.kill();
    if (server.exitCode === null) await once(server, 'exit');
  });

  it.each([
    ['one transaction of large puts, never committed', ['LIMIT_EXCEEDED']],
    ['many transactions, each below its own limit', ['LIMIT_EXCEEDED']],
    ['savepoints that keep old values', ['LIMIT_EXCEEDED']],
    ['requests that wait for a lock', ['cut']],
    ['values that grow when they are read', ['cut']],
    ['requests that never end', ['cut']],
    ['replies that nobody reads', []],
    ['replies that come all at once', []],
    ['scans of everything at once', ['LIMIT_EXCEEDED']],
    ['snapshots that keep old values', []],
  ])(
    'goes on for others beside %s',
    async (name, told) => {
      expect(attacks.map((attack) => attack.name)).toContain(name);
      const other = await connect<Record<string, number>>({ port });
      let answers = 0;
      let isOver = false;
      const leastMs = told.includes('cut') ? STUCK_MS : ATTACK_MS;
      const attack = startAttack({ name, port, heapBytes: HEAP_MIB * MIB, leastMs });
      const ended = attack.finally(() => {
        isOver = true;
      });
      while (!isOver) {
        await other.transaction(async (tx) => {
          await tx.put('other', ((await tx.getForUpdate('other')) ?? 0) + 1);
        });
        answers++;
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { codes, cut } = await ended;
      await other.close();
      expect({ exitCode: server.exitCode, output: /heap out of memory/.test(output) }).toEqual({
        exitCode: null,
        output: false,
      });
      expect(answers).toBeGreaterThanOrEqual(LEAST_ANSWERS);
      if (told.includes('LIMIT_EXCEEDED')) expect(codes).toContain('LIMIT_EXCEEDED');
      if (told.includes('cut')) {
        expect(cut).toBeGreaterThan(0);
        expect(output).toContain('maxBufferedBytes');
      }
    },
    60_000,
  );
});

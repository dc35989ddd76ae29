import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'memstore-tx';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { command, environment, useBuiltCommand } from '../../../cli/built-command.ts';
import { onlyInFullRun } from '../../../run-size.ts';
import { skipNote } from '../../../skip-note.ts';
import { attacks, LEAST_ANSWERS } from './attacks.ts';
import { type AttackReport, RunningAttack } from './start-attack.ts';

const MIB = 1024 ** 2;
const HEAP_MIB = 128;

describe(`a server with a heap of ${HEAP_MIB} MB`, () => {
  useBuiltCommand();
  let server: ChildProcess;
  let port = 0;
  /** The log of the server since the start of the attack. */
  let output = '';

  /**
   * Returns whether the attackers received this error code or were `cut`, or the log contains
   * `maxBufferedBytes`.
   */
  const isTold = (what: string, { codes, cut }: AttackReport): boolean => {
    if (what === 'cut') return cut > 0;
    return what === 'maxBufferedBytes' ? output.includes(what) : codes.includes(what);
  };

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
  });

  afterAll(async () => {
    server.kill();
    if (server.exitCode === null) await once(server, 'exit');
  });

  async function goesOnBeside(name: string, told: readonly string[]): Promise<void> {
    expect(attacks.map((attack) => attack.name)).toContain(name);
    output = '';
    const other = await connect<Record<string, number>>({ port });
    const attack = new RunningAttack({ name, port, heapBytes: HEAP_MIB * MIB });
    onTestFinished(() => attack.kill());
    /** The number of increments that succeeded during the attack. */
    let answers = 0;
    const isOver = (report: AttackReport): boolean =>
      told.every((what) => isTold(what, report)) && (report.isDone || told.includes('maxBufferedBytes'));
    while (attack.report === undefined || answers < LEAST_ANSWERS || !isOver(attack.report)) {
      await other.transaction(async (tx) => {
        await tx.put('other', ((await tx.getForUpdate('other')) ?? 0) + 1);
      });
      if (attack.report !== undefined) answers++;
      attack.noteAnswer();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const report = await attack.stop();
    await other.close();
    expect({ exitCode: server.exitCode, output: /heap out of memory/.test(output) }).toEqual({
      exitCode: null,
      output: false,
    });
    expect(answers).toBeGreaterThanOrEqual(LEAST_ANSWERS);
    for (const what of told) expect(report && isTold(what, report), what).toBe(true);
  }

  it.each([
    ['one transaction of large puts, never committed', ['LIMIT_EXCEEDED']],
    ['many transactions, each below its own limit', ['LIMIT_EXCEEDED']],
    ['savepoints that keep old values', ['LIMIT_EXCEEDED']],
    ['requests that never end', ['cut', 'LIMIT_EXCEEDED']],
    ['replies that nobody reads', []],
    ['replies that come all at once', []],
    ['scans of everything at once', ['LIMIT_EXCEEDED']],
    ['snapshots that keep old values', []],
  ])('serves other clients during the attack: %s', goesOnBeside, 60_000);

  // The server cuts these clients after it has been out of buffer space for five seconds.
  it.skipIf(onlyInFullRun).each([
    ['requests that wait for a lock', ['cut', 'maxBufferedBytes']],
    ['values that grow when they are read', ['cut', 'maxBufferedBytes']],
    ['requests that are left unfinished', ['cut', 'maxBufferedBytes']],
  ])(`serves other clients during the attack: %s${skipNote(onlyInFullRun)}`, goesOnBeside, 60_000);
});

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const CLIENTS = 50;
/** As many ids as the server hands out at once. */
const RESERVED = 1_000;

/** What one client sends. */
interface Script {
  /** Sent once, before the first round. */
  readonly start?: Step;
  /**
   * What to send in each round, a step after the other; a step gets the lines of the replies to the one
   * before it.
   */
  readonly steps: readonly ((lines: () => readonly string[]) => Step)[];
}

/** Bytes to send, and how many replies there will be. */
interface Step {
  readonly text: string;
  readonly replies: number;
}

// The client is a program of Node on the same machine, so it does little: what does not change is made once.
const bulk = (word: string): string => `$${word.length}\r\n${word}\r\n`;
const array = (...words: readonly string[]): string => `*${words.length}\r\n${words.map(bulk).join('')}`;
const keys = Array.from({ length: 100_000 }, (_, i) => bulk(`key:${String(i).padStart(12, '0')}`));
const key = (): string => keys[Math.floor(Math.random() * keys.length)] as string;
const VALUE = bulk('xxx');
const BEGIN = array('BEGIN');
const RESERVE = array('RESERVE', String(RESERVED));
const MULTI_SET = `${array('MULTI')}*3\r\n${bulk('SET')}`;
const VALUE_EXEC = VALUE + array('EXEC');
const BEGIN_ID = `*3\r\n${bulk('BEGIN')}${bulk('ID')}`;
const TX = `*5\r\n${bulk('TX')}`;
const PUT = bulk('PUT');
const VALUE_COMMIT = `${VALUE}*2\r\n${bulk('COMMIT')}`;
const putAndCommit = (id: string): string => TX + id + PUT + key() + VALUE_COMMIT + id;

/** The text of so many. */
function times(count: number, one: (index: number) => string): string {
  let text = '';
  for (let index = 0; index < count; index++) text += one(index);
  return text;
}

/** BEGIN, PUT and COMMIT in one write, so many side by side, with ids that were reserved before. */
export function memStoreScript(width: number): Script {
  let next = 0;
  let left = 0;
  const one = (): string => {
    const id = bulk(String(next++));
    return BEGIN_ID + id + putAndCommit(id);
  };
  return {
    start: { text: RESERVE, replies: 1 },
    steps: [
      (lines) => {
        if (left < width) {
          next = Number(lines().at(-1)?.slice(1));
          left = RESERVED;
        }
        const text = times(width, one);
        left -= width;
        // The next ones are asked for with the last of these, so that nothing waits for them.
        return left < width ? { text: text + RESERVE, replies: 3 * width + 1 } : { text, replies: 3 * width };
      },
    ],
  };
}

/** The same without reserved ids: the id that BEGIN answers must be known before it can be used. */
export function memStoreAwaitedScript(width: number): Script {
  const begin = { text: BEGIN.repeat(width), replies: width };
  return {
    steps: [
      () => begin,
      (lines) => {
        const ids = lines();
        const text = times(width, (index) => putAndCommit(bulk((ids[index] as string).slice(1))));
        return { text, replies: 2 * width };
      },
    ],
  };
}

/**
 * MULTI, SET and EXEC. A connection of Redis has one transaction at a time, so these go one after another.
 */
export function redisScript(width: number): Script {
  const one = (): string => MULTI_SET + key() + VALUE_EXEC;
  return { steps: [() => ({ text: times(width, one), replies: 3 * width })] };
}

/** Transactions per second with 50 clients on bare sockets, each with so many under way. */
export async function scripted(
  port: number,
  script: (width: number) => Script,
  width: number,
  transactions: number,
): Promise<number> {
  const sockets = Array.from({ length: CLIENTS }, () => connect({ port, host: '127.0.0.1', noDelay: true }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const rounds = Math.ceil(transactions / CLIENTS / width);
  const startMs = performance.now();
  await Promise.all(sockets.map((socket) => play(socket, script(width), rounds)));
  const seconds = (performance.now() - startMs) / 1000;
  for (const socket of sockets) socket.destroy();
  return (rounds * CLIENTS * width) / seconds;
}

const LF = 0x0a;
const ARRAY = 0x2a;
const ERROR = 0x2d;

/**
 * Plays the script so many times. Every reply is one line, but for the array of one status that EXEC answers.
 */
function play(socket: Socket, { start, steps }: Script, rounds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let round = 0;
    let step = start === undefined ? 0 : -1;
    let expected = 0;
    let received: Buffer[] = [];
    let isLineStart = true;
    const send = (): void => {
      const replies = received;
      received = [];
      const lines = (): readonly string[] =>
        Buffer.concat(replies).toString('latin1').trimEnd().split('\r\n');
      const next = step < 0 ? start : steps[step]?.(lines);
      expected = next?.replies ?? 0;
      socket.write(next?.text ?? '', 'latin1');
    };
    socket.on('error', reject);
    socket.on('data', (bytes: Buffer) => {
      received.push(bytes);
      for (const byte of bytes) {
        if (isLineStart && byte === ERROR) reject(new Error(bytes.toString('latin1')));
        if (isLineStart && byte === ARRAY) expected++;
        isLineStart = byte === LF;
        if (isLineStart) expected--;
      }
      if (expected > 0) return;
      if (++step === steps.length) {
        step = 0;
        if (++round === rounds) return resolve();
      }
      send();
    });
    send();
  });
}

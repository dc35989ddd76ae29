import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const CLIENTS = 50;
/** The maximum number of ids per RESERVE. */
const RESERVED = 1_000;

/** The requests of one client. */
interface Script {
  /** Sent once, before the first round. */
  readonly start?: Step;
  /** The steps of a round, in order. Each receives the reply lines of the step before it. */
  readonly steps: readonly ((lines: () => readonly string[]) => Step)[];
}

/** The bytes to send, and the number of replies to expect. */
interface Step {
  readonly text: string;
  readonly replies: number;
}

// The client runs on the same machine as the server, so it must be cheap. Constant texts are built only once.
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

/** Returns `count` texts, joined into one. */
function times(count: number, one: (index: number) => string): string {
  let text = '';
  for (let index = 0; index < count; index++) text += one(index);
  return text;
}

/**
 * Returns a script of BEGIN, PUT and COMMIT in one write, for `width` concurrent transactions with reserved
 * ids.
 */
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
        // Reserve the next ids together with the last transactions, so that no round waits for them.
        return left < width ? { text: text + RESERVE, replies: 3 * width + 1 } : { text, replies: 3 * width };
      },
    ],
  };
}

/** Returns the same script without reserved ids. It must wait for the id in the reply to BEGIN. */
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
 * Returns a script of MULTI, SET and EXEC. A Redis connection has one transaction at a time, so the
 * transactions follow each other.
 */
export function redisScript(width: number): Script {
  const one = (): string => MULTI_SET + key() + VALUE_EXEC;
  return { steps: [() => ({ text: times(width, one), replies: 3 * width })] };
}

/**
 * Returns the transactions per second with 50 clients on bare sockets, each with `width` concurrent
 * transactions.
 */
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
 * Runs the script `rounds` times. Each reply is one line, except the reply to EXEC, which is an array of one
 * status.
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

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const CLIENTS = 50;

/** What one client sends. */
interface Script {
  /** Sent once, before the first round. */
  readonly start?: string;
  /** What to send in each round, a step after the other; a step gets the replies to the one before it. */
  readonly steps: readonly ((replies: readonly string[]) => string)[];
}

/** As many as the server hands out at once. */
const RESERVED = 1_000;

const array = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
const key = (): string => `key:${String(Math.floor(Math.random() * 100_000)).padStart(12, '0')}`;

/** BEGIN, PUT and COMMIT in one write, so many side by side, with ids that were reserved before. */
export function memStoreScript(width: number): Script {
  let next = 0;
  let left = 0;
  const one = (): string => {
    const id = String(next++);
    return array('BEGIN', 'ID', id) + array('TX', id, 'PUT', key(), 'xxx') + array('COMMIT', id);
  };
  return {
    start: array('RESERVE', String(RESERVED)),
    steps: [
      (replies) => {
        if (left < width) {
          next = Number(replies.at(-1)?.slice(1));
          left = RESERVED;
        }
        const transactions = Array.from({ length: width }, one).join('');
        left -= width;
        // The next ones are asked for with the last of these, so that nothing waits for them.
        return left < width ? transactions + array('RESERVE', String(RESERVED)) : transactions;
      },
    ],
  };
}

/** The same without reserved ids: the id that BEGIN answers must be known before it can be used. */
export function memStoreAwaitedScript(width: number): Script {
  const begin = array('BEGIN').repeat(width);
  return {
    steps: [
      () => begin,
      (ids) =>
        ids
          .map((id) => array('TX', id.slice(1), 'PUT', key(), 'xxx') + array('COMMIT', id.slice(1)))
          .join(''),
    ],
  };
}

/** MULTI, SET and EXEC. A connection of Redis has one transaction at a time, so these go one after another. */
export function redisScript(width: number): Script {
  const one = (): string => array('MULTI') + array('SET', key(), 'xxx') + array('EXEC');
  return { steps: [() => Array.from({ length: width }, one).join('')] };
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

/** Plays the script so many times. Every reply is one line, but for the array of one status that EXEC answers. */
function play(socket: Socket, { start, steps }: Script, rounds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let round = 0;
    let step = start === undefined ? 0 : -1;
    let expected = 0;
    let replies: string[] = [];
    let rest = '';
    const send = (): void => {
      const text = (step < 0 ? start : steps[step]?.(replies)) ?? '';
      replies = [];
      expected = text.match(/\*[1-9]/g)?.length ?? 0;
      socket.write(text, 'latin1');
    };
    socket.setEncoding('latin1');
    socket.on('error', reject);
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('-')) reject(new Error(line));
        if (!line.startsWith('*')) replies.push(line);
      }
      if (replies.length < expected) return;
      if (++step === steps.length) {
        step = 0;
        if (++round === rounds) return resolve();
      }
      send();
    });
    send();
  });
}

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const CLIENTS = 50;

/** Transactions that one client has under way at once, as bytes to send and replies to count. */
interface Script {
  /** What to send, a step after the other; a step gets the replies to the one before it. */
  readonly steps: readonly ((replies: readonly string[]) => string)[];
}

const array = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
const key = (): string => `key:${String(Math.floor(Math.random() * 100_000)).padStart(12, '0')}`;

/** BEGIN, PUT and COMMIT, so many side by side: the id must be known before it can be used. */
export function memStoreScript(width: number): Script {
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
  script: Script,
  width: number,
  transactions: number,
): Promise<number> {
  const sockets = Array.from({ length: CLIENTS }, () => connect({ port, host: '127.0.0.1', noDelay: true }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const rounds = Math.ceil(transactions / CLIENTS / width);
  const startMs = performance.now();
  await Promise.all(sockets.map((socket) => play(socket, script, rounds)));
  const seconds = (performance.now() - startMs) / 1000;
  for (const socket of sockets) socket.destroy();
  return (rounds * CLIENTS * width) / seconds;
}

/** Plays the script so many times. Every reply is one line, but for the array of one status that EXEC answers. */
function play(socket: Socket, { steps }: Script, rounds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let round = 0;
    let step = 0;
    let expected = 0;
    let replies: string[] = [];
    let rest = '';
    const send = (): void => {
      const text = steps[step]?.(replies) ?? '';
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

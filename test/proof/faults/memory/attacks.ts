import { Attacker, request } from './attacker.ts';

/** The number of answers that the client beside an attack must get before the attack continues or ends. */
export const LEAST_ANSWERS = 20;

/** The target of an attack, and its strength. */
export interface Target {
  readonly port: number;
  /** The heap of the server, in bytes. Every attack requests several times as much. */
  readonly heapBytes: number;
  /** Ends the attack. */
  readonly signal: AbortSignal;
  /**
   * Called when an attacker receives an error code for the first time, and with `cut` when its connection
   * closes.
   */
  readonly onTold: (event: string) => void;
  /** Resolves when the client beside the attack has received `LEAST_ANSWERS` more answers. */
  readonly beside: () => Promise<void>;
}

/** A way to make a server use more memory than it has. */
export interface Attack {
  readonly name: string;
  /** Sends the whole attack, or stops at the signal. */
  readonly run: (target: Target) => Promise<void>;
}

const MIB = 1024 ** 2;

/** Returns a value of 1/512 of the heap: 1 MB for a heap of 512 MB. */
const largeValue = ({ heapBytes }: Target): Buffer => Buffer.alloc(Math.ceil(heapBytes / 512), 'x');

function* repeat<T>(count: number, make: (index: number) => T): Generator<T> {
  for (let index = 0; index < count; index++) yield make(index);
}

function openOne({ port, onTold }: Target): Promise<Attacker> {
  return Attacker.open(port, onTold);
}

function openMany(target: Target, count: number): Promise<Attacker[]> {
  return Promise.all(repeat(count, () => openOne(target)));
}

/** Locks the key `held`. Returns a function that releases it. */
async function holdLock(target: Target): Promise<() => Promise<unknown>> {
  const holder = await openOne(target);
  const id = (await holder.begin()) ?? '';
  await holder.send([request('TX', id, 'SET', 'held', 'x')], target.signal);
  return () => holder.send([request('ROLLBACK', id)], target.signal);
}

/** Resolves when at least this many operations wait in the store. */
async function untilWaiting(target: Target, operations: number): Promise<void> {
  const watcher = await openOne(target);
  while (Number(await watcher.ask(/waiting_operations:(\d+)\r/, 'INFO')) < operations);
}

/** Leaves the replies unread until the client beside the attack has made progress, then reads them. */
async function readLate(target: Target, attackers: readonly Attacker[]): Promise<void> {
  await target.beside();
  for (const { socket } of attackers) socket.resume();
  await target.beside();
}

/** Sends `count` pieces, several times the heap in total, on each of the connections. */
async function flood(
  target: Target,
  attackers: readonly Attacker[],
  piece: Buffer | ((index: number) => Buffer),
  count: number,
): Promise<void> {
  const make = typeof piece === 'function' ? piece : (): Buffer => piece;
  await Promise.all(attackers.map((attacker) => attacker.send(repeat(count, make), target.signal)));
}

/** Starts a request on each of several connections, and sends some of its large arguments. */
async function sendParts(target: Target, connections: number, parts: number): Promise<void> {
  const clients = await openMany(target, connections);
  const value = largeValue(target);
  const part = Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from('\r\n')]);
  const start = Buffer.from('*100\r\n$4\r\nMSET\r\n');
  await flood(target, clients, (index) => (index === 0 ? start : part), parts);
}

export const attacks: readonly Attack[] = [
  {
    name: 'one transaction of large puts, never committed',
    async run(target) {
      const attacker = await openOne(target);
      const id = (await attacker.begin()) ?? '';
      const value = largeValue(target);
      await flood(target, [attacker], (index) => request('TX', id, 'SET', `k${index}`, value), 1_500);
    },
  },
  {
    name: 'one transaction of small puts, never committed',
    async run(target) {
      const attacker = await openOne(target);
      const id = (await attacker.begin()) ?? '';
      const puts = (index: number): Buffer =>
        Buffer.concat([...repeat(500, (each) => request('TX', id, 'SET', `k${index}.${each}`, 'x'))]);
      await flood(target, [attacker], puts, Math.ceil(target.heapBytes / 100_000));
    },
  },
  {
    name: 'many transactions, each below its own limit',
    async run(target) {
      const value = largeValue(target);
      await Promise.all(
        (await openMany(target, 60)).map(async (attacker, number) => {
          for (let round = 0; round < 5; round++) {
            const id = await attacker.begin();
            if (id === undefined || target.signal.aborted) return;
            const put = (index: number): Buffer =>
              request('TX', id, 'SET', `${number}.${round}.${index}`, value);
            await attacker.send(repeat(8, put), target.signal);
          }
        }),
      );
    },
  },
  {
    name: 'savepoints that keep old values',
    async run(target) {
      const attacker = await openOne(target);
      const id = (await attacker.begin()) ?? '';
      const value = largeValue(target);
      await flood(
        target,
        [attacker],
        (index) => (index % 2 === 0 ? request('TX', id, 'SET', 'a', value) : request('TX', id, 'SAVEPOINT')),
        3_000,
      );
    },
  },
  {
    name: 'requests that wait for a lock',
    async run(target) {
      await holdLock(target);
      const clients = await openMany(target, 30);
      await flood(target, clients, request('LOCKTIMEOUT', '600000', 'SET', 'held', largeValue(target)), 63);
    },
  },
  {
    name: 'values that grow when they are read',
    async run(target) {
      await holdLock(target);
      const clients = await openMany(target, 30);
      const value = `[${'[],'.repeat(largeValue(target).length / 3)}0]`;
      await flood(target, clients, request('LOCKTIMEOUT', '600000', 'SET', 'held', value), 30);
    },
  },
  {
    name: 'small requests that wait for a lock',
    async run(target) {
      await holdLock(target);
      const clients = await openMany(target, 60);
      const piece = Buffer.concat([
        ...repeat(100, () => request('LOCKTIMEOUT', '600000', 'SET', 'held', 'x')),
      ]);
      await flood(target, clients, piece, Math.ceil(target.heapBytes / (100 * 32 * 1024)));
    },
  },
  {
    name: 'requests that never end',
    run: (target) => sendParts(target, 60, 60),
  },
  {
    name: 'requests that are left unfinished',
    run: (target) => sendParts(target, 120, 6),
  },
  {
    name: 'replies that nobody reads',
    async run(target) {
      const first = await openOne(target);
      await first.send([request('SET', 'big', largeValue(target))], target.signal);
      const clients = await openMany(target, 60);
      for (const { socket } of clients) socket.pause();
      const many = request('MGET', ...repeat(40, () => 'big'));
      const one = request('GET', 'big');
      await flood(target, clients, (index) => (index % 2 === 0 ? many : one), 20);
      await readLate(target, clients);
    },
  },
  {
    name: 'replies that come all at once',
    async run(target) {
      const first = await openOne(target);
      await first.send([request('SET', 'big', largeValue(target))], target.signal);
      const release = await holdLock(target);
      const clients = await openMany(target, 60);
      for (const client of clients) {
        const own = (await client.begin()) ?? '';
        const keys = [...repeat(40, () => 'big'), 'held'];
        await client.send([request('TX', own, 'MGET', ...keys)], target.signal);
      }
      await untilWaiting(target, clients.length);
      for (const { socket } of clients) socket.pause();
      await release();
      await readLate(target, clients);
    },
  },
  {
    name: 'scans of everything at once',
    async run(target) {
      const first = await openOne(target);
      const value = JSON.stringify({ text: 'x'.repeat(largeValue(target).length / 8) });
      await first.send(
        repeat(320, (index) => request('SET', `s${index}`, value)),
        target.signal,
      );
      const clients = await openMany(target, 60);
      for (const { socket } of clients) socket.pause();
      await flood(
        target,
        clients,
        (index) => (index % 2 === 0 ? request('SHOWALL') : request('ENTRIES', 'PREFIX', 's')),
        4,
      );
      await readLate(target, clients);
    },
  },
  {
    name: 'snapshots that keep old values',
    async run(target) {
      const attacker = await openOne(target);
      const value = largeValue(target);
      for (let round = 0; round < 60 && !target.signal.aborted; round++) {
        await attacker.send(
          repeat(20, (index) => request('SET', `h${index}`, value)),
          target.signal,
        );
        if ((await attacker.begin('READONLY')) === undefined) return;
      }
    },
  },
  {
    name: 'transactions and savepoints without end',
    async run(target) {
      const clients = await openMany(target, 30);
      const begins = Buffer.concat([...repeat(100, () => request('BEGIN'))]);
      await flood(target, clients, begins, Math.ceil(target.heapBytes / (3 * MIB)));
      const [client] = clients;
      const id = (await client?.begin()) ?? '';
      const savepoints = Buffer.concat([...repeat(100, () => request('TX', id, 'SAVEPOINT'))]);
      await client?.send(
        repeat(20, () => savepoints),
        target.signal,
      );
    },
  },
  {
    name: 'locks without end',
    async run(target) {
      const attacker = await openOne(target);
      const id = (await attacker.begin()) ?? '';
      const gets = (index: number): Buffer =>
        Buffer.concat([...repeat(500, (each) => request('TX', id, 'GET', `absent.${index}.${each}`))]);
      await flood(target, [attacker], gets, Math.ceil(target.heapBytes / 50_000));
    },
  },
  {
    name: 'scans that are left open',
    async run(target) {
      const first = await openOne(target);
      await first.send(
        repeat(50, (index) => request('SET', `c${index}`, 'x')),
        target.signal,
      );
      const clients = await openMany(target, 100);
      const scans = Buffer.concat([...repeat(128, () => request('ENTRIES', 'CREDIT', '1'))]);
      await flood(target, clients, scans, 8);
    },
  },
  {
    name: 'entries that a transaction keeps from eviction',
    async run(target) {
      const [writer, keeper] = await openMany(target, 2);
      const id = (await keeper?.begin()) ?? '';
      const value = largeValue(target);
      for (let index = 0; index < 800 && !target.signal.aborted; index++) {
        await writer?.send([request('SET', `e${index}`, value)], target.signal);
        await keeper?.send([request('TX', id, 'EXISTS', `e${index}`)], target.signal);
      }
    },
  },
  {
    name: 'entries without end',
    async run(target) {
      const clients = await openMany(target, 4);
      const value = largeValue(target);
      await Promise.all(
        clients.map((client, number) =>
          client.send(
            repeat(400, (index) => request('SET', `${number}:${index}`, value)),
            target.signal,
          ),
        ),
      );
    },
  },
];

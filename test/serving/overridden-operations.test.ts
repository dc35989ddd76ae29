import { MemStore, startServer, type Transaction, type TransactionOptions } from 'memstore-tx';
import { describe, expect, it, onTestFinished } from 'vitest';
import { directStoreOf } from '../../src/serving/direct-store-of.ts';
import type { ServedStore } from '../../src/serving/served-store.ts';
import { openPeer, type Peer } from '../server/peer.ts';

/** A store that records the calls of its overridden methods. */
class Noted extends MemStore {
  readonly calls: string[] = [];
}

class NotedGet extends Noted {
  override get(...[key, options]: Parameters<MemStore['get']>): ReturnType<MemStore['get']> {
    this.calls.push(`get ${key}`);
    return super.get(key, options);
  }
}

class NotedPut extends Noted {
  override put(...[key, value, options]: Parameters<MemStore['put']>): Promise<void> {
    this.calls.push(`put ${key} ${value}`);
    return super.put(key, value, options);
  }
}

/** A store whose transactions record their gets. */
class NotedBegin extends Noted {
  override async begin(options?: TransactionOptions): Promise<Transaction<Record<string, unknown>>> {
    this.calls.push('begin');
    const tx = (await super.begin(options)) as Transaction<Record<string, unknown>>;
    const get = tx.get.bind(tx);
    tx.get = (key, wait) => {
      this.calls.push(`tx.get ${key}`);
      return get(key, wait);
    };
    return tx;
  }
}

async function openServed(store: MemStore): Promise<Peer> {
  const server = await startServer(store, { port: 0 });
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  return openPeer({ port: Number(server.port) });
}

/** One form of the protocol, with functions that send a command and return its result. */
interface Form {
  readonly name: string;
  /** Begins a transaction, and returns its id. */
  begin(peer: Peer): Promise<string>;
  set(peer: Peer, key: string, value: string, id?: string): Promise<void>;
  get(peer: Peer, key: string, id?: string): Promise<string>;
}

const inTransaction = (id: string | undefined): string[] => (id === undefined ? [] : ['TX', id]);

const FORMS: readonly Form[] = [
  {
    name: 'plain lines',
    async begin(peer) {
      return String((await peer.ask('BEGIN'))['transaction_id']);
    },
    async set(peer, key, value, id) {
      expect(await peer.ask([...inTransaction(id), 'SET', key, value].join(' '))).toEqual({ status: 'Ok' });
    },
    async get(peer, key, id) {
      return String((await peer.ask([...inTransaction(id), 'GET', key].join(' ')))['result']);
    },
  },
  {
    name: 'RESP',
    async begin(peer) {
      peer.command('BEGIN');
      const [id = ''] = await peer.lines(1);
      return id.slice(1);
    },
    async set(peer, key, value, id) {
      peer.command(...inTransaction(id), 'SET', key, value);
      expect(await peer.lines(1)).toEqual(['+OK']);
    },
    async get(peer, key, id) {
      peer.command(...inTransaction(id), 'GET', key);
      const [, value = ''] = await peer.lines(2);
      return value;
    },
  },
];

describe.each(FORMS)('a served subclass of MemStore, over $name', (form) => {
  it.each([
    { name: 'get', store: () => new NotedGet(), calls: ['get a'] },
    { name: 'put', store: () => new NotedPut(), calls: ['put a x'] },
  ])(
    'uses its $name for commands without a transaction, and not within transactions',
    async ({ store, calls }) => {
      const noted = store();
      const peer = await openServed(noted);
      await form.set(peer, 'a', 'x');
      expect(await form.get(peer, 'a')).toBe('x');
      expect(noted.calls).toEqual(calls);
      const id = await form.begin(peer);
      await form.set(peer, 'a', 'y', id);
      expect(await form.get(peer, 'a', id)).toBe('y');
      expect(noted.calls).toEqual(calls);
    },
  );

  it('uses its begin, and the operations of the transaction that begin returns', async () => {
    const noted = new NotedBegin();
    const peer = await openServed(noted);
    await form.set(peer, 'a', 'x');
    expect(await form.get(peer, 'a')).toBe('x');
    expect(noted.calls).toEqual([]);
    const id = await form.begin(peer);
    await form.set(peer, 'a', 'y', id);
    expect(await form.get(peer, 'a', id)).toBe('y');
    expect(noted.calls).toEqual(['begin', 'tx.get a']);
  });
});

describe('the direct form of a subclass', () => {
  const directOf = (store: MemStore) => directStoreOf(store as unknown as ServedStore);

  it('is that of MemStore if the subclass overrides no operation', () => {
    const direct = directOf(new Noted());
    expect(direct.put('a', 1, undefined, undefined)).toBeUndefined();
    expect(direct.get('a', undefined)).toBe(1);
  });

  it('returns promises for overridden operations, and results for the others', async () => {
    const direct = directOf(new NotedGet());
    expect(direct.put('a', 1, undefined, undefined)).toBeUndefined();
    expect([direct.has('a', undefined), direct.getMany(['a'], undefined)]).toEqual([true, [1]]);
    expect(direct.del('b', undefined)).toBe(false);
    expect(direct.get('a', undefined)).toBeInstanceOf(Promise);
    expect(await direct.get('a', undefined)).toBe(1);
  });

  it('returns promises for all operations that begin a transaction, if begin is overridden', async () => {
    const direct = directOf(new NotedBegin());
    expect(direct.put('a', 1, undefined, undefined)).toBeUndefined();
    expect(direct.get('a', undefined)).toBe(1);
    expect(direct.reserveIds(1)).toBeUndefined();
    const left = direct.timeToLive('a', undefined);
    const deleted = direct.delMany(['a', 'b'], undefined);
    expect(await Promise.all([left, deleted])).toEqual([Number.POSITIVE_INFINITY, 1]);
  });

  it('uses a method that is assigned to one object instead of its class', async () => {
    const store = new MemStore();
    store.get = async () => 'own';
    expect(await directOf(store).get('a', undefined)).toBe('own');
  });
});

describe('a served store with only overridden methods', () => {
  /** Returns a proxy with bound methods. So its methods differ from those of the class. */
  function bound(store: MemStore): MemStore {
    return new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }

  it('runs every data command, with and without a transaction', async () => {
    const peer = await openServed(bound(new MemStore()));
    const ask = async (count: number, ...words: string[]): Promise<string[]> => {
      peer.command(...words);
      return peer.lines(count);
    };
    expect(await ask(1, 'MSET', 'a', '1', 'b', '2')).toEqual(['+OK']);
    expect(await ask(1, 'BEGIN')).toEqual([':2']);
    for (const prefix of [[], ['TX', '2']]) {
      expect(await ask(5, ...prefix, 'MGET', 'a', 'x', 'b')).toEqual(['*3', '$1', '1', '$-1', '$1']);
      expect(await peer.lines(1)).toEqual(['2']);
      expect(await ask(1, ...prefix, 'EXISTS', 'a', 'a', 'x')).toEqual([':2']);
      expect(await ask(1, ...prefix, 'EXISTS', 'x')).toEqual([':0']);
      expect(await ask(1, ...prefix, 'PTTL', 'a')).toEqual([':-1']);
      expect(await ask(1, ...prefix, 'PTTL', 'x')).toEqual([':-2']);
    }
    expect(await ask(2, 'TX', '2', 'GETFORUPDATE', 'a')).toEqual(['$1', '1']);
    expect(await ask(1, 'TX', '2', 'SAVEPOINT')).toEqual([':1']);
    expect(await ask(1, 'TX', '2', 'DEL', 'b', 'a', 'x')).toEqual([':2']);
    expect(await ask(1, 'TX', '2', 'ROLLBACKTO', '1')).toEqual(['+OK']);
    expect(await ask(1, 'TX', '2', 'DEL', 'b')).toEqual([':1']);
    expect(await ask(1, 'COMMIT', '2')).toEqual(['+OK']);
    expect(await ask(1, 'DEL', 'a', 'b', 'x')).toEqual([':1']);
    expect(await ask(1, 'RESERVE', '1')).toEqual([expect.stringMatching(/^-INVALID_OPTION /)]);
  });
});

/** Returns a thenable that is not a promise, like a promise from another realm. */
function thenable<T>(result: T): Promise<T> {
  // biome-ignore lint/suspicious/noThenProperty: the test needs one
  return { then: (resolve: (result: T) => void) => resolve(result) } as unknown as Promise<T>;
}

describe('a served store whose methods return thenables', () => {
  class Thenables extends MemStore {
    override get(): ReturnType<MemStore['get']> {
      return thenable('from a thenable');
    }

    override put(): Promise<void> {
      return thenable(undefined);
    }

    override stats(): ReturnType<MemStore['stats']> {
      return thenable({ ...super.stats(), entries: 7 }) as unknown as ReturnType<MemStore['stats']>;
    }

    override async begin(options?: TransactionOptions): Promise<Transaction<Record<string, unknown>>> {
      const tx = (await super.begin(options)) as Transaction<Record<string, unknown>>;
      tx.get = () => thenable('in a transaction');
      return tx;
    }
  }

  it('is awaited', async () => {
    const peer = await openServed(new Thenables());
    peer.command('SET', 'a', 'x');
    peer.command('GET', 'a');
    peer.command('BEGIN');
    peer.command('TX', '1', 'GET', 'a');
    peer.command('DBSIZE');
    const lines = ['+OK', '$15', 'from a thenable', ':1', '$16', 'in a transaction', ':7'];
    expect(await peer.lines(7)).toEqual(lines);
  });
});

/**
 * Sends commands in one packet. If a begin is asynchronous, it is still pending when the server reads the
 * next command.
 */
function sendTogether(peer: Peer, ...commands: readonly (readonly string[])[]): void {
  peer.socket.cork();
  for (const words of commands) peer.command(...words);
  peer.socket.uncork();
}

describe('commands that arrive while their transaction is beginning', () => {
  it('get their replies after the reply to BEGIN', async () => {
    const peer = await openServed(new NotedBegin());
    peer.command('MUX', '1');
    await peer.until('max-request-bytes');
    await peer.lines(2);
    const early = [
      ['8', 'QUIET', 'TX', '1', 'SET', 'a'],
      ['9', 'TX', '1', 'GET', 'a'],
    ];
    sendTogether(peer, ['7', 'BEGIN'], ...early);
    const failure = expect.stringMatching(/^-INVALID_OPTION/);
    expect(await peer.lines(9)).toEqual(['*2', ':7', ':1', '*2', ':8', failure, '*2', ':9', failure]);
  });
});

describe('a served store that fails to roll back', () => {
  it.each([
    { name: 'rejects', rollback: () => Promise.reject(new Error('no rollback')) },
    {
      name: 'throws',
      rollback: () => {
        throw new Error('no rollback');
      },
    },
  ])('does not end the server if its rollback $name', async ({ rollback }) => {
    class Failing extends MemStore {
      override async begin(options?: TransactionOptions): Promise<Transaction<Record<string, unknown>>> {
        const tx = (await super.begin(options)) as Transaction<Record<string, unknown>>;
        tx.rollback = rollback;
        return tx;
      }
    }
    const store = new Failing();
    const peer = await openServed(store);
    peer.command('MUX', '1');
    await peer.until('max-request-bytes');
    await peer.lines(2);
    sendTogether(peer, ['7', 'BEGIN'], ['8', 'QUIET', 'TX', '1', 'SET', 'a']);
    expect(await peer.lines(6)).toEqual([
      '*2',
      ':7',
      ':1',
      '*2',
      ':8',
      expect.stringMatching(/^-INVALID_OPTION/),
    ]);
    const port = Number(peer.socket.remotePort);
    peer.socket.destroy();
    const other = await openPeer({ port });
    other.command('PING');
    expect(await other.lines(1)).toEqual(['+PONG']);
  });
});

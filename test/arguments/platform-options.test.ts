import { describe, expect, it } from 'vitest';
import { resolveConnectOptions } from '../../src/client/connect-options.ts';
import { resolveEtcdOptions } from '../../src/etcd/etcd-options.ts';
import { resolveSettings } from '../../src/memory/options.ts';
import { resolveServerOptions } from '../../src/server/server-options.ts';

type Resolve = (options: object) => unknown;

const withClock: readonly [name: string, resolve: Resolve][] = [
  ['a store', resolveSettings],
  ['a client', (options) => resolveConnectOptions(options)],
  ['a store on etcd', (options) => resolveEtcdOptions({ hosts: 'localhost:2379', ...options })],
  ['a server', (options) => resolveServerOptions(options)],
];

describe.each(withClock)('the options of %s', (name, resolve) => {
  it('refuse a clock that is not an object', () => {
    expect(() => resolve({ clock: 5 })).toThrow('clock must be an object, got a number.');
  });

  it.skipIf(name === 'a server')('refuse a random that is not a function', () => {
    expect(() => resolve({ random: 5 })).toThrow('random must be a function, got 5.');
  });
});

describe('the port and the host', () => {
  it.each<[name: string, resolve: Resolve, range: string]>([
    ['a client', (options) => resolveConnectOptions(options), 'from 1 to 65535'],
    ['a server', (options) => resolveServerOptions(options), 'from 0 to 65535'],
  ])('of %s are checked', (_, resolve, range) => {
    for (const port of [-1, 65_536, 1.5, '80'])
      expect(() => resolve({ port })).toThrow(`port must be a whole number ${range}`);
    for (const host of ['', 7]) expect(() => resolve({ host })).toThrow('host must be a host name');
  });
});

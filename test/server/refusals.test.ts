import {
  type ConnectOptions,
  connect,
  MemStore,
  type ServerOptions,
  type Store,
  startServer,
} from 'memstore-tx';
import { describe, expect, it } from 'vitest';

describe('what a program written in JavaScript may get wrong', () => {
  it('refuses options of a server that do not exist', async () => {
    const store = new MemStore();
    const misspelt: object = { port: 0, pasword: 'secret' };
    await expect(startServer(store, misspelt as ServerOptions)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/^There is no option "pasword"; the known names are port, host,/),
    });
    await store.close();
  });

  it('refuses options of a client that do not exist, rather than connect to another server', async () => {
    const misspelt: object = { unix: '/run/memstore.sock', reconnectTimeout: 0 };
    await expect(connect(misspelt as ConnectOptions)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/^There is no option "unix"; the known names are port, host, path,/),
    });
  });

  it.each([[undefined], [null], [{}], [new Map()], [3]])(
    'refuses to serve what is no store: %o',
    async (nothing: unknown) => {
      await expect(startServer(nothing as Store<object>, { port: 0 })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
    },
  );
});

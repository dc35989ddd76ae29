import {
  type ConnectOptions,
  connect,
  MemStore,
  type ServerOptions,
  type Store,
  startServer,
} from 'memstore-tx';
import { describe, expect, it } from 'vitest';

describe('calls from untyped JavaScript', () => {
  it('are refused if a server option does not exist', async () => {
    const store = new MemStore();
    const misspelt: object = { port: 0, pasword: 'secret' };
    await expect(startServer(store, misspelt as ServerOptions)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/^There is no option "pasword"; the known names are port, host,/),
    });
    await store.close();
  });

  it('are refused if a client option does not exist, instead of using another server', async () => {
    const misspelt: object = { unix: '/run/memstore.sock', reconnectTimeout: 0 };
    await expect(connect(misspelt as ConnectOptions)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/^There is no option "unix"; the known names are port, host, path,/),
    });
  });

  it.each([[undefined], [null], [{}], [new Map()], [3]])(
    'are refused if the value to serve is not a store: %o',
    async (nothing: unknown) => {
      await expect(startServer(nothing as Store<object>, { port: 0 })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
    },
  );
});

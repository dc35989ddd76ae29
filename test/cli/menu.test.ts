import { connect, MemStore, startServer } from 'memstore-tx';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useBuiltCommand } from './built-command.ts';
import { keys, openTerminal, type Terminal } from './open-terminal.ts';

useBuiltCommand();

async function openMenu(env: NodeJS.ProcessEnv = {}): Promise<Terminal> {
  const terminal = openTerminal([], env);
  await terminal.until(/1\. Start Server\s+2\. Connect Client\s+3\. Exit/);
  return terminal;
}

describe('the menu', () => {
  it('starts a server that is chosen with the arrow keys, and returns when the server stops', async () => {
    const menu = await openMenu();
    menu.press(keys.down);
    await menu.until('❯ 2. Connect Client');
    menu.press(keys.up);
    await menu.until('❯ 1. Start Server');
    menu.press(keys.enter);
    await menu.until('Port:');
    menu.press('0', keys.enter);
    const [url = ''] = /memstore:\S+/.exec(await menu.until(/ready \S+/)) ?? [];
    const remote = await connect(url);
    await remote.put('a', 1);
    await remote.close();
    menu.press(keys.ctrlC);
    await menu.until(/Ctrl-C: stopping.*closed/s);
    await menu.until('3. Exit');
    menu.press('3');
    await menu.until('❯ 3. Exit');
    menu.press(keys.enter);
    expect(await menu.exitStatus).toBe(0);
  });

  it('connects a client that is chosen by its number, and returns when the client exits', async () => {
    const store = new MemStore();
    const server = await startServer(store, { port: 0 });
    onTestFinished(() => server.close());
    const menu = await openMenu({ MEMSTORE_URL: `:${server.port}` });
    menu.press('2');
    await menu.until('❯ 2. Connect Client');
    menu.press(keys.enter);
    await menu.until('Server:');
    menu.press(keys.enter);
    await menu.until('memstore> ');
    await menu.type('PUT a 1', 'OK');
    await menu.type('EXIT', 'Bye.');
    await menu.until('3. Exit');
    menu.press(keys.ctrlC);
    expect(await menu.exitStatus).toBe(0);
    expect(await store.get('a')).toBe('1');
  });

  it('reports an error, and shows the choices again', async () => {
    const menu = await openMenu({ MEMSTORE_URL: 'memstore+unix:///nowhere.sock' });
    menu.press('2');
    await menu.until('❯ 2. Connect Client');
    menu.press(keys.enter);
    await menu.until('Server:');
    menu.press(keys.enter);
    await menu.until('no server listens there');
    await menu.until('1. Start Server');
    menu.press(keys.enter);
    await menu.until('Port:');
    menu.press('99999', keys.enter);
    await menu.until('Enter a number from 0 to 65535.');
  });
});

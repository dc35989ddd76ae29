import { input, select } from '@inquirer/prompts';
import { runConnect } from './connect/run-connect.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { DEFAULT_TARGET } from './parse-target.ts';
import { runServer } from './serve/run-server.ts';
import { serveDefaults } from './serve/serve-flags.ts';
import { writeError } from './wrap-text.ts';

type Choice = 'serve' | 'connect' | 'exit';

/** Shows the menu until the user exits. Returns the exit status. */
export async function runMenu(): Promise<number> {
  for (;;) {
    try {
      const choice = await choose();
      if (choice === 'exit') return exitCodes.ok;
      await (choice === 'serve' ? serve() : connect());
    } catch (error) {
      // The user pressed Ctrl-C at a prompt of the menu.
      if (error instanceof Error && error.name === 'ExitPromptError') return exitCodes.ok;
      if (!(error instanceof CliError)) throw error;
      writeError(error.message);
    }
  }
}

function choose(): Promise<Choice> {
  return select<Choice>({
    message: 'MemStore',
    choices: [
      {
        name: 'Start Server',
        value: 'serve',
        description: 'serve a new store to other processes; Ctrl-C stops the server',
      },
      {
        name: 'Connect Client',
        value: 'connect',
        description: 'open a prompt for commands to a running server',
      },
      { name: 'Exit', value: 'exit' },
    ],
    theme: { indexMode: 'number' },
  });
}

async function serve(): Promise<void> {
  const port = await input({
    message: 'Port:',
    default: String(serveDefaults.port),
    validate: (text) => (/^\d+$/.test(text) && Number(text) <= 65_535) || 'Enter a number from 0 to 65535.',
  });
  await runServer({ ...serveDefaults, port: Number(port) });
}

async function connect(): Promise<void> {
  const server = await input({ message: 'Server:', default: process.env['MEMSTORE_URL'] || DEFAULT_TARGET });
  await runConnect(server, {});
}

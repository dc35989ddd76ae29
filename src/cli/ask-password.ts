import { password } from '@inquirer/prompts';

/** Asks somebody at the terminal, on standard error: standard output is for answers. */
export function askPassword(): Promise<string> {
  return password(
    { message: 'Password of the server:', mask: '*', validate: (text) => text !== '' },
    { output: process.stderr },
  );
}

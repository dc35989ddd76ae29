import { readFileSync } from 'node:fs';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

/** The text of a file that an option names. @throws {CliError} */
export function readOptionFile(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`${option} cannot be read: ${reason}`, exitCodes.usage);
  }
}

/** The first line of the file with a password that an option names. @throws {CliError} when there is none */
export function readPasswordFile(path: string, option = '--password-file'): string {
  const [password = ''] = readOptionFile(option, path).split(/\r?\n/, 1);
  if (password !== '') return password;
  throw new CliError(`${option} ${path} has no password in its first line.`, exitCodes.usage);
}

import { type ConnectOptions, connect, MemStoreError, type RemoteStore } from '../index.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { describeTarget } from './parse-target.ts';

/** A store with keys and values of unknown types. */
export type AnyRemoteStore = RemoteStore<Record<string, unknown>>;

/** Connects. Asks for the password if the server needs one and a user is at a terminal. @throws {CliError} */
export async function openRemote(options: ConnectOptions): Promise<AnyRemoteStore> {
  try {
    return await connect(options);
  } catch (error) {
    if (!(error instanceof MemStoreError)) throw error;
    if (error.code === 'AUTH_REQUIRED' && process.stdin.isTTY && process.stderr.isTTY)
      return openRemote({ ...options, password: await askPassword() });
    throw explained(error, options);
  }
}

function explained(error: MemStoreError, options: ConnectOptions): CliError {
  const where = describeTarget(options);
  switch (error.code) {
    case 'AUTH_REQUIRED':
      return new CliError(
        `The server ${where} wants a password: set MEMSTORE_PASSWORD, or give --password-file.`,
        exitCodes.cannotConnect,
      );
    case 'AUTH_FAILED':
      return new CliError(`The server ${where} does not take this password.`, exitCodes.cannotConnect);
    case 'INVALID_OPTION':
      return new CliError(error.message, exitCodes.usage);
    default:
      return new CliError(`No connection to ${where}: ${reasonOf(error)}`, exitCodes.cannotConnect);
  }
}

function reasonOf({ message, cause }: MemStoreError): string {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return 'nobody listens there. Is "memstore serve" running?';
  return message;
}

// The question goes to standard error, since standard output is for answers. Few commands load the prompts.
async function askPassword(): Promise<string> {
  const { password } = await import('@inquirer/prompts');
  return password(
    { message: 'Password of the server:', mask: '*', validate: (text) => text !== '' },
    { output: process.stderr },
  );
}

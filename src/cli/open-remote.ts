import { type ConnectOptions, connect, MemStoreError, type RemoteStore } from '../index.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { describeTarget } from './parse-target.ts';

/** A store with keys and values of unknown types. */
export type AnyRemoteStore = RemoteStore<Record<string, unknown>>;

/**
 * Connects to a server. Prompts for the password if the server requires one and the process runs on a
 * terminal.
 * @throws {CliError}
 */
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
        `The server ${where} requires a password: set MEMSTORE_PASSWORD or use --password-file.`,
        exitCodes.cannotConnect,
      );
    case 'AUTH_FAILED':
      return new CliError(`The server ${where} refused the password.`, exitCodes.cannotConnect);
    case 'INVALID_OPTION':
      return new CliError(error.message, exitCodes.usage);
    default:
      return new CliError(`Cannot connect to ${where}: ${reasonOf(error)}`, exitCodes.cannotConnect);
  }
}

function reasonOf({ message, cause }: MemStoreError): string {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return 'no server listens there. Is "memstore serve" running?';
  return message;
}

// Prompts on standard error, because standard output is for replies. The prompt library is loaded only when
// needed.
async function askPassword(): Promise<string> {
  const { password } = await import('@inquirer/prompts');
  return password(
    { message: 'Server password:', mask: '*', validate: (text) => text !== '' },
    { output: process.stderr },
  );
}

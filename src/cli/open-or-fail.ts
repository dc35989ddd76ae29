import { MemStoreError } from '../index.ts';
import { CliError, exitCodes } from './exit-codes.ts';

/**
 * Waits for a store to open.
 * @throws {CliError} with the reason and an exit status if it cannot be opened
 */
export async function openOrFail<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    throw error instanceof MemStoreError ? new CliError(error.message, statusOf(error)) : error;
  }
}

function statusOf({ code }: MemStoreError): number {
  if (code === 'INVALID_OPTION') return exitCodes.usage;
  return code.startsWith('JOURNAL_') ? exitCodes.cannotOpen : exitCodes.cannotConnect;
}

/**
 * Loads code that needs an optional package.
 * @throws {CliError} with the install command if the package is missing
 */
export async function loadOptional<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes(`'${name}'`)) throw error;
    throw new CliError(`This needs the package ${name}: npm install ${name}`, exitCodes.usage);
  }
}

import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

/** Loads code that needs an optional package. @throws {CliError} that says how to install it */
export async function unlessMissing<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes(`'${name}'`)) throw error;
    throw new CliError(`This needs the package ${name}: npm install ${name}`, exitCodes.usage);
  }
}

import { MemStoreError } from '../index.ts';

/** Options of `copyStore`. */
export interface CopyOptions {
  /** Copies only the keys that start with this prefix. @default '' */
  readonly prefix?: string | undefined;
  /** Called after each batch with the number of entries copied so far. */
  readonly onProgress?: ((progress: { readonly copied: number }) => void) | undefined;
  /** Rejects the copy with `ABORTED`. A later copy starts again from the beginning. */
  readonly signal?: AbortSignal | undefined;
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof CopyOptions>(['prefix', 'onProgress', 'signal']);

/**
 * Reads the options of a copy once.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readCopyOptions(options: CopyOptions = {}): CopyOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw invalid('options must be an object.');
  for (const name of Object.keys(options))
    if (!OPTION_NAMES.has(name))
      throw invalid(
        `There is no option ${JSON.stringify(name)}; the known names are ${[...OPTION_NAMES].join(', ')}.`,
      );
  const { prefix, onProgress, signal } = options;
  if (prefix !== undefined && typeof prefix !== 'string') throw invalid('prefix must be a string.');
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw invalid('onProgress must be a function.');
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid('signal must be an AbortSignal.');
  return { prefix, onProgress, signal };
}

function invalid(message: string): MemStoreError {
  return new MemStoreError('INVALID_OPTION', message);
}

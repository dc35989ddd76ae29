import { checkFunction, checkOptions, invalidOption } from '../arguments/check-options.ts';
import { readSignal } from '../arguments/read-options.ts';

/** Options of `copyStore`. */
export interface CopyOptions {
  /** Copies only the keys that start with this prefix. @default '' */
  readonly prefix?: string | undefined;
  /** Called after each batch with the number of entries copied so far. @default none */
  readonly onProgress?: ((progress: { readonly copied: number }) => void) | undefined;
  /**
   * Cancels the copy, which then rejects with `ABORTED`. A later copy starts from the beginning.
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof CopyOptions>(['prefix', 'onProgress', 'signal']);

/**
 * Checks the options of a copy. Reads each option once.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readCopyOptions(options: CopyOptions = {}): CopyOptions {
  checkOptions(options, OPTION_NAMES);
  const { prefix, onProgress } = options;
  const signal = readSignal(options);
  if (prefix !== undefined && typeof prefix !== 'string') throw invalidOption('prefix', 'a string', prefix);
  if (onProgress !== undefined) checkFunction('onProgress', onProgress);
  return { prefix, onProgress, signal };
}

import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** The greatest number of lines in the file. */
const KEPT_LINES = 1_000;

/**
 * Keeps the typed lines in a file, the latest last, readable by its owner only. If the file cannot be read or
 * written, the prompt works without it.
 */
export class HistoryFile {
  readonly #path: string | undefined;

  constructor(path: string | undefined = defaultPath()) {
    this.#path = path;
  }

  /** Returns the lines, the latest first, as readline needs them. */
  load(): string[] {
    return this.#quietly((path) => {
      const lines = readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      const kept = lines.slice(-KEPT_LINES);
      if (lines.length > 2 * KEPT_LINES) writeFileSync(path, `${kept.join('\n')}\n`, { mode: 0o600 });
      return kept.reverse();
    }, []);
  }

  add(line: string): void {
    this.#quietly((path) => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      appendFileSync(path, `${line}\n`, { mode: 0o600 });
    }, undefined);
  }

  #quietly<T>(action: (path: string) => T, otherwise: T): T {
    if (this.#path === undefined) return otherwise;
    try {
      return action(this.#path);
    } catch {
      return otherwise;
    }
  }
}

/** Returns `MEMSTORE_HISTORY`, which is empty for no history, or a file in the user's state folder. */
function defaultPath(): string | undefined {
  const { MEMSTORE_HISTORY, XDG_STATE_HOME = '' } = process.env;
  if (MEMSTORE_HISTORY !== undefined) return MEMSTORE_HISTORY === '' ? undefined : MEMSTORE_HISTORY;
  return join(XDG_STATE_HOME === '' ? join(homedir(), '.local/state') : XDG_STATE_HOME, 'memstore/history');
}

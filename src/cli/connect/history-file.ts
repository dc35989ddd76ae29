import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** The number of lines to keep in the file. */
const KEPT_LINES = 1_000;

/**
 * Keeps the typed lines in a file, the latest last. Only the owner of the file can read it. If the file
 * cannot be read or written, the prompt works without a history.
 */
export class HistoryFile {
  readonly #path: string | undefined;

  constructor(path: string | undefined = defaultPath()) {
    this.#path = path;
  }

  /** Returns the lines with the latest first, as readline requires. */
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

/**
 * Returns the path in `MEMSTORE_HISTORY`, or by default a file in the user's state folder. An empty
 * `MEMSTORE_HISTORY` turns the history off.
 */
function defaultPath(): string | undefined {
  const { MEMSTORE_HISTORY, XDG_STATE_HOME = '' } = process.env;
  if (MEMSTORE_HISTORY !== undefined) return MEMSTORE_HISTORY === '' ? undefined : MEMSTORE_HISTORY;
  return join(XDG_STATE_HOME === '' ? join(homedir(), '.local/state') : XDG_STATE_HOME, 'memstore/history');
}

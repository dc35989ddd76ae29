import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** As many lines as are kept. */
const KEPT_LINES = 1_000;

/**
 * What was typed, one line each, the latest last, where the system keeps such things; readable by its owner only. A
 * history that cannot be read or written is no reason to fail.
 */
export class HistoryFile {
  readonly #path: string | undefined;

  constructor(path: string | undefined = defaultPath()) {
    this.#path = path;
  }

  /** The latest first, as readline wants them. */
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

/** `MEMSTORE_HISTORY`, which may be empty for none, or a file in the user's state folder. */
function defaultPath(): string | undefined {
  const { MEMSTORE_HISTORY, XDG_STATE_HOME = '' } = process.env;
  if (MEMSTORE_HISTORY !== undefined) return MEMSTORE_HISTORY === '' ? undefined : MEMSTORE_HISTORY;
  return join(XDG_STATE_HOME === '' ? join(homedir(), '.local/state') : XDG_STATE_HOME, 'memstore/history');
}

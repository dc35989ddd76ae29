import { stripVTControlCharacters } from 'node:util';

/** The output of a program, for tests that wait for a part of it. Colors and cursor movements are removed. */
export class TextStream {
  #text = '';
  #seen = 0;
  #hasEnded = false;
  #wake: () => void = () => {};

  push(chunk: string): void {
    this.#text += chunk;
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  /** The whole output so far. */
  get text(): string {
    return stripVTControlCharacters(this.#text);
  }

  /**
   * Waits until the text or pattern appears after the last match. Returns the output up to the end of the
   * match.
   */
  until(wanted: string | RegExp): Promise<string> {
    return this.#wait(String(wanted), () => {
      const rest = this.text.slice(this.#seen);
      const found = typeof wanted === 'string' ? indexOf(rest, wanted) : matchIn(rest, wanted);
      this.#seen += found ?? 0;
      return found === undefined ? undefined : rest.slice(0, found);
    });
  }

  /** Waits until the raw output contains the text, for example a cursor movement. */
  async untilRaw(wanted: string): Promise<void> {
    await this.#wait(JSON.stringify(wanted), () => (this.#text.includes(wanted) ? true : undefined));
  }

  async #wait<T>(wanted: string, attempt: () => T | undefined): Promise<T> {
    for (;;) {
      const result = attempt();
      if (result !== undefined) return result;
      if (this.#hasEnded)
        throw new Error(`The stream ended before ${wanted} appeared: ${JSON.stringify(this.text)}.`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function indexOf(text: string, wanted: string): number | undefined {
  const at = text.indexOf(wanted);
  return at < 0 ? undefined : at + wanted.length;
}

function matchIn(text: string, wanted: RegExp): number | undefined {
  const match = wanted.exec(text);
  return match === null ? undefined : match.index + match[0].length;
}

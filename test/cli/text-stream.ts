import { stripVTControlCharacters } from 'node:util';

/** What a program prints, to be waited for. Colours and movements of the cursor are left out. */
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

  /** Everything so far. */
  get text(): string {
    return stripVTControlCharacters(this.#text);
  }

  /** Waits until this comes behind what was waited for before; gives what came up to its end. */
  until(wanted: string | RegExp): Promise<string> {
    return this.#wait(String(wanted), () => {
      const rest = this.text.slice(this.#seen);
      const found = typeof wanted === 'string' ? indexOf(rest, wanted) : matchIn(rest, wanted);
      this.#seen += found ?? 0;
      return found === undefined ? undefined : rest.slice(0, found);
    });
  }

  /** Waits until this has come, which may be a movement of the cursor. */
  async untilRaw(wanted: string): Promise<void> {
    await this.#wait(JSON.stringify(wanted), () => (this.#text.includes(wanted) ? true : undefined));
  }

  async #wait<T>(wanted: string, attempt: () => T | undefined): Promise<T> {
    for (;;) {
      const result = attempt();
      if (result !== undefined) return result;
      if (this.#hasEnded) throw new Error(`It ended without ${wanted}: ${JSON.stringify(this.text)}.`);
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

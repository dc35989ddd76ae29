import { checkKey, checkPutOptions } from '../check-arguments.ts';
import type { ImmediateOperations } from '../immediate-operations.ts';
import { newWrite } from './arguments.ts';
import type { Engine } from './engine.ts';
import { commitAlone } from './one-shot.ts';

/** What can be done of the one-shot operations within the call. */
export class Immediate implements ImmediateOperations {
  readonly #engine: Engine;
  readonly #isOpen: () => boolean;

  constructor(engine: Engine, isOpen: () => boolean) {
    this.#engine = engine;
    this.#isOpen = isOpen;
  }

  get isOpen(): boolean {
    return this.#isOpen();
  }

  get(key: string): unknown {
    checkKey(key);
    return this.#engine.settings.copier.load(this.#engine.readCommitted(key));
  }

  put(key: string, value: unknown, ttlMs: number | undefined): boolean {
    if (ttlMs !== undefined) checkPutOptions({ ttl: ttlMs });
    return commitAlone(this.#engine, newWrite(this.#engine, key, value, ttlMs));
  }

  del(key: string): boolean | undefined {
    checkKey(key);
    const engine = this.#engine;
    if (engine.locks.isLocked(key)) return undefined;
    if (engine.readCommitted(key) === undefined) return false;
    return commitAlone(engine, { key, value: undefined, ttlMs: undefined, size: 0 }) ? true : undefined;
  }
}

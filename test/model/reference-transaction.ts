import type { LockMode } from 'memstore-tx';
import { covers, isEmptyRange, type KeyRange, keyAfter, toKeyRange } from '../../src/key-range.ts';
import type { KeyCommand, ScanRange, TransactionCommand } from './command.ts';
import { DONE, type Outcome, REFUSED } from './outcome.ts';
import type { ReferenceLocks } from './reference-locks.ts';
import type { ReferenceRows } from './reference-rows.ts';

interface Write {
  readonly value: number | undefined;
  readonly ttl: number | undefined;
}

/** A read-write transaction of the model: locks, private writes, savepoints that are copies of them. */
export class ReferenceTransaction {
  readonly #owner: number;
  readonly #locks: ReferenceLocks;
  readonly #rows: ReferenceRows;
  #writes = new Map<string, Write>();
  #savepoints: ReadonlyMap<string, Write>[] = [];

  constructor(owner: number, locks: ReferenceLocks, rows: ReferenceRows) {
    this.#owner = owner;
    this.#locks = locks;
    this.#rows = rows;
  }

  get savepoints(): number {
    return this.#savepoints.length;
  }

  /** Does what can be done at once; `REFUSED` when a lock of another one is in the way. */
  do(command: TransactionCommand): Outcome {
    switch (command.type) {
      case 'get':
      case 'getForUpdate':
        return this.#under([command.key], command.type === 'get' ? 'shared' : 'exclusive', () => ({
          result: this.#read(command.key),
        }));
      case 'has':
        return this.#under([command.key], 'shared', () => ({
          result: this.#read(command.key) !== undefined,
        }));
      case 'getMany':
        return this.#under(command.keys, 'shared', () => ({
          result: command.keys.map((key) => this.#read(key)),
        }));
      case 'put':
      case 'putMany':
        return this.#put(command);
      case 'del':
        return this.#under([command.key], 'exclusive', () => {
          const wasThere = this.#read(command.key) !== undefined;
          if (wasThere) this.#writes.set(command.key, { value: undefined, ttl: undefined });
          return { result: wasThere };
        });
      case 'scan':
        return this.#scan(command.range);
      case 'savepoint':
        this.#savepoints.push(new Map(this.#writes));
        return DONE;
      case 'rollbackTo':
        this.#writes = new Map(this.#savepoints[command.savepoint]);
        this.#savepoints.length = command.savepoint + 1;
        return DONE;
      case 'commit':
        for (const [key, { value, ttl }] of this.#writes) this.#rows.write(key, value, ttl);
        return this.#end(new Set(this.#writes.keys()));
      case 'rollback':
        return this.#end(undefined);
      case 'begin':
        return DONE;
    }
  }

  #end(written: ReadonlySet<string> | undefined): Outcome {
    this.#locks.release(this.#owner);
    this.#rows.evict(written);
    return DONE;
  }

  #read(key: string): number | undefined {
    const write = this.#writes.get(key);
    return write === undefined ? this.#rows.read(key) : write.value;
  }

  /** Locks one key after the other; those that were got before one is refused are kept. */
  #under(keys: readonly string[], mode: LockMode, action: () => Outcome): Outcome {
    return keys.every((key) => this.#locks.tryKey(this.#owner, key, mode)) ? action() : REFUSED;
  }

  #put(command: Extract<KeyCommand, { type: 'put' | 'putMany' }>): Outcome {
    const keys = command.type === 'put' ? [command.key] : [...command.keys].sort();
    return this.#under(keys, 'exclusive', () => {
      for (const key of keys) this.#writes.set(key, { value: command.value, ttl: command.ttl });
      return DONE;
    });
  }

  #scan(options: ScanRange): Outcome {
    const { forUpdate, skipLocked, reverse, limit = Number.POSITIVE_INFINITY } = options;
    let rest: KeyRange = toKeyRange(options);
    if (limit === 0 || isEmptyRange(rest)) return { result: [] };
    const rows: [string, number][] = [];
    const isLockedWhole = !forUpdate && limit === Number.POSITIVE_INFINITY;
    if (isLockedWhole && !this.#locks.tryRange(this.#owner, rest)) return REFUSED;
    for (const key of this.#keysIn(rest, reverse)) {
      if (skipLocked && !this.#locks.tryKey(this.#owner, key, 'exclusive')) continue;
      if (!skipLocked && !isLockedWhole && !this.#lockRow(key, rest, options)) return REFUSED;
      rest = reverse ? { from: rest.from, to: key } : { from: keyAfter(key), to: rest.to };
      const value = this.#read(key);
      if (value !== undefined) rows.push([key, value]);
      if (rows.length === limit) return { result: rows };
    }
    if (!skipLocked && !isLockedWhole && !this.#locks.tryRange(this.#owner, rest)) return REFUSED;
    return { result: rows };
  }

  /** Locks a row, and the range up to it. */
  #lockRow(key: string, rest: KeyRange, { forUpdate, reverse }: ScanRange): boolean {
    if (forUpdate && !this.#locks.tryKey(this.#owner, key, 'exclusive')) return false;
    const through = reverse ? { from: key, to: rest.to } : { from: rest.from, to: keyAfter(key) };
    return this.#locks.tryRange(this.#owner, through);
  }

  #keysIn(range: KeyRange, reverse: boolean): string[] {
    const keys = new Set([...this.#rows.keys(), ...this.#writes.keys()].filter((key) => covers(range, key)));
    const ordered = [...keys].sort();
    return reverse ? ordered.reverse() : ordered;
  }
}

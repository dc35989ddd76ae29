import type { LockMode } from 'memstore-tx';
import { covers, type KeyRange, keyAfter, toKeyRange } from '../../../src/contract/key-range.ts';
import type { KeyCommand, ScanRange, TransactionCommand } from './command.ts';
import { DONE, LIMIT_EXCEEDED, type Outcome, REFUSED } from './outcome.ts';
import type { ReferenceLocks } from './reference-locks.ts';
import type { ReferenceRows } from './reference-rows.ts';
import type { SampleValue } from './sample-value.ts';

interface Write {
  readonly value: SampleValue | undefined;
  readonly ttl: number | undefined;
}

/** A scan that is read row by row. It reads each row as it is when the scan reaches it. */
interface OpenScan {
  readonly range: ScanRange;
  /** The number of savepoints that the transaction had when the scan was opened. */
  readonly savepoints: number;
  rest: KeyRange;
  left: number;
  state: 'open' | 'cancelled' | 'done';
}

/**
 * A read-write transaction of the model. It has locks, private writes, and savepoints that are copies of the
 * writes.
 */
export class ReferenceTransaction {
  readonly #owner: number;
  readonly #locks: ReferenceLocks;
  readonly #rows: ReferenceRows;
  #writes = new Map<string, Write>();
  readonly #maxWrites: number;
  #savepoints: ReadonlyMap<string, Write>[] = [];
  #open: OpenScan | undefined = undefined;

  /** @param maxWrites the maximum number of keys that the transaction may write */
  constructor(owner: number, locks: ReferenceLocks, rows: ReferenceRows, maxWrites: number) {
    this.#owner = owner;
    this.#locks = locks;
    this.#rows = rows;
    this.#maxWrites = maxWrites;
  }

  /** Returns whether a commit would put an entry. Deletes do not count. */
  get puts(): boolean {
    return [...this.#writes.values()].some(({ value }) => value !== undefined);
  }

  get savepoints(): number {
    return this.#savepoints.length;
  }

  /** Runs a command without waiting. Returns `REFUSED` if another transaction holds a conflicting lock. */
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
      case 'ttl':
        return this.#under([command.key], 'shared', () => ({ result: this.#timeLeft(command.key) }));
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
          if (wasThere && !this.#hasRoom([command.key])) return LIMIT_EXCEEDED;
          if (wasThere) this.#writes.set(command.key, { value: undefined, ttl: undefined });
          return { result: wasThere };
        });
      case 'scan':
        return this.#scan(command.range);
      case 'savepoint':
        this.#savepoints.push(new Map(this.#writes));
        return DONE;
      case 'open scan':
        this.#open = this.#openScan(command.range);
        return DONE;
      case 'next row':
        return this.#nextRow();
      case 'leave scan':
        if (this.#open !== undefined) this.#open.state = 'done';
        return DONE;
      case 'rollbackTo':
        if (this.#open?.state === 'open' && this.#open.savepoints > command.savepoint)
          this.#open.state = 'cancelled';
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

  #read(key: string): SampleValue | undefined {
    const write = this.#writes.get(key);
    return write === undefined ? this.#rows.read(key) : write.value;
  }

  /** Locks one key after the other. If a lock is refused, the earlier locks are kept. */
  #under(keys: readonly string[], mode: LockMode, action: () => Outcome): Outcome {
    return keys.every((key) => this.#locks.tryKey(this.#owner, key, mode)) ? action() : REFUSED;
  }

  #put(command: Extract<KeyCommand, { type: 'put' | 'putMany' }>): Outcome {
    const { value, ttl } = command;
    const keys = command.type === 'put' ? [command.key] : [...command.keys].sort();
    // The store checks the limit for a list before it locks any key. For a single key, it checks the limit
    // after it has the lock.
    if (command.type === 'putMany' && !this.#hasRoom(keys)) return LIMIT_EXCEEDED;
    return this.#under(keys, 'exclusive', () => {
      if (!this.#hasRoom(keys)) return LIMIT_EXCEEDED;
      for (const key of keys) this.#writes.set(key, { value, ttl });
      return DONE;
    });
  }

  #hasRoom(keys: readonly string[]): boolean {
    return new Set([...this.#writes.keys(), ...keys]).size <= this.#maxWrites;
  }

  #timeLeft(key: string): number | undefined {
    const write = this.#writes.get(key);
    if (write === undefined) return this.#rows.timeLeft(key);
    return write.ttl === Number.POSITIVE_INFINITY ? undefined : write.ttl;
  }

  #openScan(range: ScanRange): OpenScan {
    const { limit: left = Number.POSITIVE_INFINITY } = range;
    return { range, savepoints: this.savepoints, rest: toKeyRange(range), left, state: 'open' };
  }

  #scan(range: ScanRange): Outcome {
    const scan = this.#openScan(range);
    const rows: unknown[] = [];
    for (;;) {
      const outcome = this.#step(scan);
      if ('code' in outcome) return outcome;
      if (outcome.result === undefined) return { result: rows };
      rows.push(outcome.result);
    }
  }

  #nextRow(): Outcome {
    const scan = this.#open;
    if (scan?.state === 'cancelled') return { code: 'ABORTED' };
    return scan?.state === 'open' ? this.#step(scan) : DONE;
  }

  /** Returns the next row of the scan, or no row at its end. A refused step does not advance the scan. */
  #step(scan: OpenScan): Outcome {
    const { forUpdate, skipLocked, reverse, limit = Number.POSITIVE_INFINITY } = scan.range;
    let { rest } = scan;
    const isLockedWhole = !forUpdate && limit === Number.POSITIVE_INFINITY;
    if (isLockedWhole && !this.#locks.tryRange(this.#owner, rest)) return REFUSED;
    if (scan.left === 0) return this.#endOf(scan);
    for (const key of this.#keysIn(rest, reverse)) {
      if (skipLocked && !this.#locks.tryKey(this.#owner, key, 'exclusive')) continue;
      if (!skipLocked && !isLockedWhole && !this.#lockRow(key, rest, scan.range)) return REFUSED;
      rest = reverse ? { from: rest.from, to: key } : { from: keyAfter(key), to: rest.to };
      const value = this.#read(key);
      if (value === undefined) continue;
      scan.rest = rest;
      scan.left--;
      return { result: [key, value] };
    }
    if (!skipLocked && !isLockedWhole && !this.#locks.tryRange(this.#owner, rest)) return REFUSED;
    return this.#endOf(scan);
  }

  #endOf(scan: OpenScan): Outcome {
    scan.state = 'done';
    return DONE;
  }

  /** Locks a row and the range up to it. */
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

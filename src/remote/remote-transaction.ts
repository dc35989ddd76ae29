import { checkKeys, checkStorableKey, unknownSavepoint } from '../arguments/check-keys.ts';
import { checkFunction } from '../arguments/check-options.ts';
import {
  readPutOptions,
  readTouchOptions,
  readUpdateOptions,
  readWaitOptions,
  type UpdateRequest,
} from '../arguments/read-options.ts';
import { readClearOptions, ScanOptions } from '../arguments/scan-options.ts';
import { MemStoreError } from '../contract/errors.ts';
import type {
  ClearOptions,
  PutOptions,
  RangeOptions,
  TouchOptions,
  UpdateOptions,
  WaitOptions,
} from '../contract/options.ts';
import type { Savepoint, TransactionStatus } from '../contract/transaction.ts';
import { abortedByRollbackTo, refuseIfAborted, unlessAborted } from '../lifecycle/cancellation.ts';
import { refusal, refusalOr, rolledBack } from '../lifecycle/transaction-errors.ts';
import { type ErrorReply, toMemStoreError } from '../protocol/error-reply.ts';
import type { RawReply } from '../protocol/reply-parser.ts';
import { type RequestHead, requestHead, type Word } from '../protocol/request-writer.ts';
import { call, isErrorReply } from './call.ts';
import type { Link, LossCode, QuietSender } from './link.ts';
import { booleanOf, numberOf, storedValue, storedValues, ttlOf } from './read-reply.ts';
import { RemoteSavepoint } from './remote-savepoint.ts';
import { beginWords, FIRST_KEY, keysWords, keyWords, NOTHING, putWords } from './request-words.ts';
import { type ScannedRow, type ScanningTransaction, TransactionScans } from './transaction-scans.ts';
import { clearWords, incrementWords, putIfAbsentWords } from './update-words.ts';

type Change = (value: unknown) => unknown;

type ReadReply<T> = (reply: RawReply, link: Link) => T;

/** An operation whose options were checked. */
interface Operation {
  readonly wait: WaitOptions | undefined;
  /** Returns the words of its request. */
  readonly words: () => readonly Word[];
}

const QUIET = requestHead('QUIET');
/** The result of each write that does not wait for a reply. */
const DONE: Promise<void> = Promise.resolve();

/**
 * A transaction in another process. It belongs to one connection, and ends when that connection is lost.
 *
 * Two requests are sent quietly, without waiting for a reply: a begin with a reserved id, and a put of keys
 * that the transaction holds exclusively. They never wait for a lock. If one fails after all, for example
 * because of a limit, the server rolls the transaction back. The next operation or the commit then rejects
 * with the reason.
 */
export class RemoteTransaction implements QuietSender, ScanningTransaction {
  readonly id: number;
  readonly readOnly: boolean;
  readonly age: number;
  readonly link: Link;
  readonly #onEnd: (transaction: RemoteTransaction) => void;
  readonly #head: RequestHead;
  /** The tag of the quiet requests, or `undefined` before the first. */
  #quietTag: number | undefined;
  #quietHead: RequestHead | undefined;
  /** The keys that the transaction is known to hold exclusively. */
  readonly #lockedKeys = new Set<string>();
  /**
   * The number of requests without a reply. While there are any, puts are not sent quietly, because
   * `rollbackTo` may still cancel them.
   */
  #pending = 0;
  #status: TransactionStatus = 'active';
  failure: MemStoreError | undefined = undefined;
  #committing: Promise<void> | undefined;
  #isCommitSent = false;
  /** Undefined before the first scan. */
  #scans: TransactionScans | undefined;
  readonly #savepoints: RemoteSavepoint[] = [];
  #savepointCalls = 0;
  /** The running updates, each with the controller that cancels it. */
  readonly #updates = new Set<AbortController>();
  writes = 0;

  constructor(
    link: Link,
    id: number,
    age: number,
    readOnly: boolean,
    onEnd: (transaction: RemoteTransaction) => void,
  ) {
    this.link = link;
    this.id = id;
    this.age = age;
    this.readOnly = readOnly;
    this.#onEnd = onEnd;
    this.#head = requestHead('TX', String(id));
  }

  get status(): TransactionStatus {
    return this.#status;
  }

  /** Returns whether this side may still roll the transaction back. It may not once the commit was sent. */
  get #isOpen(): boolean {
    return this.#status === 'active' || (this.#status === 'committing' && !this.#isCommitSent);
  }

  /** Sends a quiet `BEGIN`. REQUIRES: the link takes quiet requests, and the id is reserved. */
  beginQuietly(lockTimeout: number | undefined): void {
    const words = beginWords({ id: this.id, age: this.age === this.id ? undefined : this.age });
    if (lockTimeout !== undefined) words.unshift('LOCKTIMEOUT', lockTimeout);
    this.#quietTag = this.link.addQuietSender(this);
    this.link.sendQuiet(this.#quietTag, words, QUIET);
  }

  onQuietFailure({ error }: ErrorReply): void {
    this.#fail(this.#own(error));
  }

  /** Ends the transaction because its connection was lost, even if no operation is pending. */
  onConnectionLost(): void {
    if (this.#isOpen && this.link.error !== undefined) this.#fail(this.#lost(this.link.error));
  }

  get(key: string, options?: WaitOptions): Promise<unknown> {
    return this.#perform(options, () => keyWords('GET', key), storedValue);
  }

  getForUpdate(key: string, options?: WaitOptions): Promise<unknown> {
    return this.#perform(
      options,
      () => keyWords('GETFORUPDATE', key),
      (reply, link) => {
        this.#lockedKeys.add(key);
        return storedValue(reply, link);
      },
    );
  }

  getMany(keys: readonly string[], options?: WaitOptions): Promise<unknown[]> {
    return this.#perform(options, () => keysWords(this.link, 'MGET', checkKeys(keys)), storedValues);
  }

  has(key: string, options?: WaitOptions): Promise<boolean> {
    return this.#perform(options, () => keyWords('EXISTS', key), booleanOf);
  }

  ttl(key: string, options?: WaitOptions): Promise<number | undefined> {
    return this.#perform(options, () => keyWords('PTTL', key), ttlOf);
  }

  put(key: string, value: unknown, options?: PutOptions): Promise<void> {
    return this.#put([[key, value]], options);
  }

  putMany(entries: Iterable<readonly [key: string, value: unknown]>, options?: PutOptions): Promise<void> {
    return this.#put(entries, options);
  }

  #put(entries: Iterable<readonly [key: string, value: unknown]>, options?: PutOptions): Promise<void> {
    let words: Word[];
    let wait: WaitOptions | undefined;
    try {
      const request = readPutOptions(options);
      wait = request.wait;
      this.#checkOperation(wait);
      words = putWords(this.link.codec, this.link.limits, entries, request.ttlMs);
      // Check again: the caller's iterator may have ended the transaction.
      this.#checkOperation(wait);
    } catch (error) {
      return this.#refuse(error);
    }
    const isFree = this.#pending === 0 && this.#scans?.unsent.isFree !== false;
    if (isFree && this.link.takesQuiet && this.#hasLocked(words)) {
      this.writes++;
      this.#quietly(words);
      return DONE;
    }
    const noteKeys = (): void => {
      for (let i = FIRST_KEY; i < words.length; i += 2) this.#lockedKeys.add(words[i] as string);
    };
    return this.#sendInTurn(wait, words, noteKeys, true);
  }

  del(key: string, options?: WaitOptions): Promise<boolean> {
    return this.#perform(
      options,
      () => keyWords('DEL', key),
      (reply) => {
        this.#lockedKeys.add(key);
        return booleanOf(reply);
      },
      true,
    );
  }

  increment(key: string, by: number | bigint = 1, options?: UpdateOptions): Promise<unknown> {
    const read = (): Operation => {
      const { wait, ttl } = readUpdateOptions(options);
      return { wait, words: () => incrementWords(this.link.codec, key, by, ttl) };
    };
    return this.#operate(read, this.#lockedBy(key, storedValue), true);
  }

  take(key: string, options?: WaitOptions): Promise<unknown> {
    return this.#perform(options, () => keyWords('TAKE', key), this.#lockedBy(key, storedValue), true);
  }

  putIfAbsent(key: string, value: unknown, options?: PutOptions): Promise<boolean> {
    const read = (): Operation => {
      const { wait, ttlMs } = readPutOptions(options);
      const { codec, limits } = this.link;
      return { wait, words: () => putIfAbsentWords(codec, limits, key, value, ttlMs) };
    };
    return this.#operate(read, this.#lockedBy(key, booleanOf), true);
  }

  touch(key: string, options: TouchOptions): Promise<boolean> {
    const read = (): Operation => {
      const { wait, ttlMs } = readTouchOptions(options);
      return { wait, words: () => [...keyWords('SETTTL', key), ttlMs] };
    };
    return this.#operate(read, this.#lockedBy(key, booleanOf), true);
  }

  clear(options?: ClearOptions): Promise<number> {
    const read = (): Operation => {
      const { wait, range } = readClearOptions(options);
      return { wait, words: () => clearWords(range) };
    };
    return this.#operate(read, numberOf, true);
  }

  /** Reads a reply that shows that the transaction now holds a key exclusively. */
  #lockedBy<T>(key: string, read: ReadReply<T>): ReadReply<T> {
    return (reply, link) => {
      this.#lockedKeys.add(key);
      return read(reply, link);
    };
  }

  /**
   * Reads the value for update, and puts the new one quietly, because the transaction then holds the key.
   * Later calls wait until the function has returned, so that they take effect after it.
   */
  update(key: string, change: Change, options?: UpdateOptions): Promise<unknown> {
    let request: UpdateRequest;
    try {
      request = readUpdateOptions(options);
      this.#checkOperation(request.wait);
      checkStorableKey(key);
      checkFunction('change', change);
    } catch (error) {
      return this.#refuse(error);
    }
    this.#scans ??= new TransactionScans(this);
    return this.#scans.unsent.run(() => this.#update(key, change, request), request.wait);
  }

  async #update(key: string, change: Change, { wait, ttl }: UpdateRequest): Promise<unknown> {
    const cancellation = new AbortController();
    const { signal } = cancellation;
    const cancelled = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    this.#updates.add(cancellation);
    try {
      const read = this.#lockedBy(key, storedValue);
      const before = await Promise.race([cancelled, this.#send(wait, keyWords('GETFORUPDATE', key), read)]);
      const result = Promise.race([cancelled, new Promise((resolve) => resolve(change(before)))]);
      const changed = await unlessAborted(result, wait?.signal);
      // The update may be cancelled after the function has returned and before these lines run.
      signal.throwIfAborted();
      refuseIfAborted(wait);
      return await this.#putChanged(key, before, changed, ttl);
    } finally {
      this.#updates.delete(cancellation);
    }
  }

  async #putChanged(
    key: string,
    before: unknown,
    changed: unknown,
    ttl: UpdateRequest['ttl'],
  ): Promise<unknown> {
    const { codec, limits } = this.link;
    if (changed === undefined) {
      if (before !== undefined) await this.#putLocked(keyWords('DEL', key));
      return undefined;
    }
    const words = putWords(codec, limits, [[key, changed]], ttl?.ttlMs);
    const encoded = words[FIRST_KEY + 1] as string | Uint8Array;
    const keepsDeadline = before !== undefined && ttl?.isInitial !== false;
    await this.#putLocked(keepsDeadline ? ['REPLACE', key, encoded] : words);
    return codec.decode(encoded as Uint8Array);
  }

  /** Sends a write of a key that the transaction holds exclusively. So the write never waits for a lock. */
  #putLocked(words: readonly Word[]): Promise<void> {
    if (!this.link.takesQuiet) return this.#send(undefined, words, () => {}, true);
    this.writes++;
    this.#quietly(words);
    return DONE;
  }

  #cancelAllUpdates(error: unknown): void {
    for (const update of this.#updates) update.abort(error);
  }

  /** Returns whether the transaction holds all keys of a put exclusively, so that the put does not wait. */
  #hasLocked(words: readonly Word[]): boolean {
    for (let i = FIRST_KEY; i < words.length; i += 2)
      if (!this.#lockedKeys.has(words[i] as string)) return false;
    return true;
  }

  #quietly(words: readonly Word[]): void {
    this.#quietTag ??= this.link.addQuietSender(this);
    this.#quietHead ??= { count: QUIET.count + this.#head.count, text: QUIET.text + this.#head.text };
    this.link.sendQuiet(this.#quietTag, words, this.#quietHead);
  }

  entries(options?: RangeOptions): AsyncIterableIterator<ScannedRow> {
    this.#scans ??= new TransactionScans(this);
    return this.#scans.scan(ScanOptions.of(options), this.#savepointCalls);
  }

  noteLocked(key: string): void {
    this.#lockedKeys.add(key);
  }

  checkOpen(): void {
    if (this.#status !== 'active') throw refusal(this);
  }

  savepoint(): Promise<Savepoint> {
    const call = ++this.#savepointCalls;
    return this.#perform(
      undefined,
      () => ['SAVEPOINT'],
      (reply) => {
        const savepoint = new RemoteSavepoint(this, numberOf(reply), call);
        this.#savepoints.push(savepoint);
        return savepoint;
      },
    );
  }

  rollbackTo(savepoint: Savepoint): Promise<void> {
    if (this.#status !== 'active') return Promise.reject(refusal(this));
    const index = this.#savepoints.indexOf(savepoint as RemoteSavepoint);
    const target = this.#savepoints[index];
    if (target === undefined) return Promise.reject(unknownSavepoint());
    this.#savepoints.length = index + 1;
    this.#cancelAllUpdates(abortedByRollbackTo());
    this.#scans?.cancelSince(target.call, abortedByRollbackTo());
    return this.#send(undefined, ['ROLLBACKTO', target.number], () => {}, true);
  }

  commit(): Promise<void> {
    if (this.status !== 'active') return Promise.reject(refusal(this));
    this.#status = 'committing';
    this.#committing = this.#sendCommit().then(
      () => {
        this.#status = 'committed';
        this.#end();
      },
      (thrown: unknown) => {
        const { error } = thrown as ErrorReply;
        this.#fail(this.#own(error));
        throw this.failure;
      },
    );
    return this.#committing;
  }

  /**
   * Sends the commit once all unsent calls have succeeded. If one of them fails, rolls the transaction back.
   */
  #sendCommit(): Promise<RawReply> {
    const send = (): Promise<RawReply> => {
      this.#isCommitSent = true;
      // Without writes, it does not matter whether the commit happened.
      const lost: LossCode = this.writes > 0 ? 'COMMIT_UNKNOWN' : 'CONNECTION_LOST';
      return call(this.link, ['COMMIT'], undefined, lost, this.#head);
    };
    const refuse = (error: unknown): never => {
      this.link.tell(['ROLLBACK', this.id]);
      throw { error: toMemStoreError(error), ended: true } satisfies ErrorReply;
    };
    return this.#scans?.unsent.join()?.then(send, refuse) ?? send();
  }

  async rollback(): Promise<void> {
    const { status } = this;
    if (status === 'committed' || status === 'aborted') return;
    const ended = call(this.link, ['ROLLBACK', this.id], undefined).catch(() => {});
    if (this.#isOpen) this.#fail(rolledBack(this.id));
    await ended;
    await this.#committing?.catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rollback();
  }

  /** Ends the transaction because the store is closed. */
  close(reason: MemStoreError): Promise<void> {
    if (!this.#isOpen) return this.#committing?.catch(() => {}) ?? Promise.resolve();
    this.#fail(reason);
    return call(this.link, ['ROLLBACK', this.id], undefined).then(
      () => {},
      () => {},
    );
  }

  /**
   * Reads a page of a scan. While the transaction commits, this still works for calls made before the commit.
   */
  read(words: readonly Word[], wait: WaitOptions | undefined): Promise<RawReply> {
    if (this.status !== 'active' && this.status !== 'committing') return Promise.reject(refusal(this));
    return this.#send(wait, words, (reply) => reply);
  }

  /** Performs an operation: checks its arguments, then sends its request. */
  #perform<T>(
    options: WaitOptions | undefined,
    words: () => readonly Word[],
    read: ReadReply<T>,
    isWrite = false,
  ): Promise<T> {
    return this.#operate(() => ({ wait: readWaitOptions(options), words }), read, isWrite);
  }

  /** Performs an operation like `#perform`. `readOptions` checks its options. */
  #operate<T>(readOptions: () => Operation, read: ReadReply<T>, isWrite: boolean): Promise<T> {
    let request: readonly Word[];
    let wait: WaitOptions | undefined;
    try {
      const operation = readOptions();
      wait = operation.wait;
      this.#checkOperation(wait);
      request = operation.words();
    } catch (error) {
      return this.#refuse(error);
    }
    if (request === NOTHING) return Promise.resolve(read([], this.link));
    return this.#sendInTurn(wait, request, read, isWrite);
  }

  /** @throws {MemStoreError} the reason why the transaction accepts no operations, or ABORTED */
  #checkOperation(wait: WaitOptions | undefined): void {
    this.checkOpen();
    refuseIfAborted(wait);
  }

  /** Rejects with the given error, or with the transaction's failure if the transaction has ended. */
  #refuse(error: unknown): Promise<never> {
    return Promise.reject(refusalOr(this, error));
  }

  /**
   * Sends a request once every earlier call has been sent. Earlier calls are unsent only while a scan waits
   * for a reply.
   */
  #sendInTurn<T>(
    wait: WaitOptions | undefined,
    words: readonly Word[],
    read: (reply: RawReply, link: Link) => T,
    isWrite: boolean,
  ): Promise<T> {
    if (this.#scans?.unsent.isFree === false)
      return this.#scans.unsent.run(() => this.#send(wait, words, read, isWrite), wait);
    return this.#send(wait, words, read, isWrite);
  }

  #send<T>(
    wait: WaitOptions | undefined,
    words: readonly Word[],
    read: (reply: RawReply, link: Link) => T,
    isWrite = false,
  ): Promise<T> {
    if (isWrite) this.writes++;
    this.#pending++;
    const result = call(this.link, words, wait, 'CONNECTION_LOST', this.#head).then(
      (reply) => {
        this.#pending--;
        return read(reply, this.link);
      },
      (thrown: unknown) => {
        this.#pending--;
        const error = this.#fromReply(thrown);
        // The call that ended the transaction reports the error. Do not report the other calls as unhandled
        // rejections.
        if (this.#status !== 'active') result.catch(() => {});
        throw error;
      },
    );
    return result;
  }

  /** Returns the error for the caller. If the error ended the transaction, ends it here too. */
  #fromReply(thrown: unknown): unknown {
    if (!isErrorReply(thrown)) return thrown;
    const { error, ended } = thrown;
    if (ended) this.#fail(this.#own(error));
    // If the transaction had already ended on this side, pending operations reject with that reason.
    return ended && this.failure !== undefined ? this.failure : error;
  }

  #own(error: MemStoreError): MemStoreError {
    return error.code === 'CONNECTION_LOST' ? this.#lost(error) : error;
  }

  #lost(error: MemStoreError): MemStoreError {
    return new MemStoreError('CONNECTION_LOST', error.message, {
      cause: error.cause,
      transactionId: this.id,
    });
  }

  #fail(error: MemStoreError): void {
    if (this.#status === 'aborted' || this.#status === 'committed') return;
    this.#status = 'aborted';
    this.failure = error;
    this.#scans?.unsent.cancel(error);
    this.#cancelAllUpdates(error);
    this.#end();
  }

  #end(): void {
    if (this.#quietTag !== undefined) this.link.removeQuietSender(this.#quietTag);
    this.#onEnd(this);
  }
}

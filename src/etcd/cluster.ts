import {
  Etcd3,
  type ICompare,
  type IOptions,
  type IRangeRequest,
  type IRangeResponse,
  type IRequestOp,
  type ITxnResponse,
  type Watcher,
} from 'etcd3';
import { MemStoreError } from '../contract/errors.ts';
import { isTransient, toMemStoreError } from './etcd-error.ts';
import type { EtcdTls, ResolvedEtcdOptions } from './etcd-options.ts';
import { nodeGuard, oneAttempt } from './node-guard.ts';

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 250;

export interface RequestOptions {
  /** Ends the attempts with its reason. */
  readonly cancelled?: AbortSignal | undefined;
  /** Told of every attempt before it is made. */
  readonly onAttempt?: (() => void) | undefined;
}

/**
 * The cluster: requests to whichever of its nodes answers, tried again until `requestTimeout` while nodes
 * fail. So a request may take effect although an earlier attempt at it did too; those that write see to it
 * that the second does nothing.
 */
export class Cluster {
  readonly #etcd: Etcd3;
  readonly #options: ResolvedEtcdOptions;

  /** @throws {MemStoreError} INVALID_OPTION when a certificate or key is none */
  constructor(options: ResolvedEtcdOptions) {
    this.#options = options;
    const { hosts, auth, tls, attemptTimeoutMs } = options;
    const settings: IOptions = {
      hosts,
      ...(auth === undefined ? {} : { auth }),
      ...(tls === undefined ? {} : { credentials: credentialsOf(tls) }),
      dialTimeout: attemptTimeoutMs,
      faultHandling: {
        global: oneAttempt, // Of a single node there is no keeping away.
        host: () => (hosts.length > 1 ? nodeGuard(options.clock) : oneAttempt),
      },
      defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + attemptTimeoutMs }),
      // A page of large values may be larger than what the transport takes by default.
      grpcOptions: { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 },
    };
    try {
      this.#etcd = new Etcd3(settings);
    } catch (cause) {
      const message = `The certificates of tls cannot be used: ${(cause as Error).message}`;
      throw new MemStoreError('INVALID_OPTION', message, { cause });
    }
  }

  range(request: IRangeRequest, options?: RequestOptions): Promise<IRangeResponse> {
    return this.#try(() => this.#etcd.kv.range(request), options);
  }

  /** Does `success` when all of `compare` holds, and `failure` otherwise, in one step. */
  transaction(
    compare: readonly ICompare[],
    success: readonly IRequestOp[],
    failure: readonly IRequestOp[],
    options?: RequestOptions,
  ): Promise<ITxnResponse> {
    const request = { compare: [...compare], success: [...success], failure: [...failure] };
    return this.#try(() => this.#etcd.kv.txn(request), options);
  }

  /** A lease of at least so many seconds; the cluster may give more. */
  async grantLease(seconds: number): Promise<string> {
    const { ID } = await this.#try(() => this.#etcd.leaseClient.leaseGrant({ TTL: seconds }));
    return ID;
  }

  /** How long a lease lasts yet, in milliseconds; 1 for one that is over but that a snapshot still sees. */
  async timeLeftMs(lease: string): Promise<number> {
    const { TTL } = await this.#try(() => this.#etcd.leaseClient.leaseTimeToLive({ ID: lease }));
    return Math.max(1, Number(TTL) * 1_000);
  }

  /** Ends a lease, and with it what was put under it. One that is over already is no error. */
  async revokeLease(lease: string): Promise<void> {
    await this.#try(() => this.#etcd.leaseClient.leaseRevoke({ ID: lease })).catch(() => {});
  }

  /** Keeps a lease alive until `onLost` is called, or the returned function is. */
  async keepLease(
    seconds: number,
    onLost: () => void,
  ): Promise<{ readonly id: string; readonly end: () => Promise<void> }> {
    const { lease, id } = await this.#try(async () => {
      const granted = this.#etcd.lease(seconds);
      // Without a listener a lease that cannot be granted would be an error event that nobody takes.
      granted.on('lost', onLost);
      return { lease: granted, id: await granted.grant() };
    });
    return { id, end: () => lease.revoke().catch(() => {}) };
  }

  /**
   * Resolves when the key is deleted after the revision, or when the watching fails and it is time to look
   * again.
   */
  async deleted(key: Buffer, revision: string, cancelled: AbortSignal): Promise<void> {
    if (cancelled.aborted) throw cancelled.reason;
    const watcher: Watcher = this.#etcd.watch().key(key).only('delete').startRevision(revision).watcher();
    try {
      await new Promise<void>((resolve, reject) => {
        watcher.on('delete', () => resolve());
        watcher.on('disconnected', () => resolve());
        watcher.on('error', () => resolve());
        cancelled.addEventListener('abort', () => reject(cancelled.reason), { once: true });
      });
    } finally {
      watcher.cancel().catch(() => {});
    }
  }

  close(): void {
    this.#etcd.close();
  }

  async #try<T>(request: () => Promise<T>, { cancelled, onAttempt }: RequestOptions = {}): Promise<T> {
    const { clock, random, requestTimeoutMs } = this.#options;
    const lastStartMs = clock.monotonicMs() + requestTimeoutMs;
    for (let attempt = 0; ; attempt++) {
      if (cancelled?.aborted) throw cancelled.reason;
      onAttempt?.();
      try {
        return await request();
      } catch (error) {
        const pauseMs = (0.5 + random() / 2) * Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
        if (!isTransient(error) || clock.monotonicMs() + pauseMs > lastStartMs)
          throw await this.#refusal(error);
        await new Promise<void>((resolve) => clock.setTimer(resolve, pauseMs, true));
      }
    }
  }

  /** The error for the caller, with the number where a limit was reached. */
  async #refusal(error: unknown): Promise<unknown> {
    const { maxRequestBytes, maxTransactionOperations } = this.#options;
    const limits = {
      'request is too large': () => `maxRequestBytes is ${maxRequestBytes}`,
      'too many operations': () => `maxTransactionOperations is ${maxTransactionOperations}`,
      'database space exceeded': async () => {
        const { dbSize } = await this.#etcd.maintenance.status();
        return `its database has ${dbSize} bytes`;
      },
    };
    const { message } = error as Error;
    const limit = Object.entries(limits).find(([text]) => message.includes(text))?.[1];
    // Without an answer to that the error is what it was.
    const detail = await Promise.resolve(limit?.()).catch(() => undefined);
    return toMemStoreError(error, detail);
  }
}

function credentialsOf({ ca, cert, key }: EtcdTls): NonNullable<IOptions['credentials']> {
  return {
    // The client library hands it on as it is, and without one the authorities are those that Node trusts.
    rootCertificate: (ca === undefined ? undefined : Buffer.from(ca)) as Buffer,
    ...(cert === undefined ? {} : { certChain: Buffer.from(cert) }),
    ...(key === undefined ? {} : { privateKey: Buffer.from(key) }),
  };
}

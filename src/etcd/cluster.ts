import {
  Etcd3,
  type ICompare,
  type IOptions,
  type IRangeRequest,
  type IRangeResponse,
  type IRequestOp,
  type ITxnResponse,
  type IWatchResponse,
  type WatchClient,
  type Watcher,
} from 'etcd3';
import { MemStoreError } from '../contract/errors.ts';
import { isTransient, toMemStoreError } from './etcd-error.ts';
import type { EtcdTls, ResolvedEtcdOptions } from './etcd-options.ts';
import { nodeGuard, oneAttempt } from './node-guard.ts';
import { retryPauseMs } from './retry-pause.ts';

/** The cluster closes connections with more than one ping in 5 s. */
const PING_AFTER_MS = 10_000;

export interface RequestOptions {
  /** Stops further attempts, and rejects with its reason. */
  readonly cancelled?: AbortSignal | undefined;
  /** Called before each attempt. */
  readonly onAttempt?: (() => void) | undefined;
}

/** A stream of watches: requests to the cluster, and its responses. */
export type WatchStream = Awaited<ReturnType<WatchClient['watch']>> & AsyncIterable<IWatchResponse>;

type Interceptor = NonNullable<NonNullable<Parameters<WatchClient['watch']>[0]>['interceptors']>[number];

/** The types of the client library ask for this class, although any call with the same methods is one. */
type InterceptingCall = ReturnType<Interceptor>;

/** Makes a node end the stream when it has lost the leader of the cluster. */
const requireLeader: Interceptor = (options, nextCall) => {
  const call = nextCall(options);
  const start = call.start.bind(call);
  call.start = (metadata, listener) => {
    // The metadata may be shared with other calls.
    const own = metadata.clone();
    own.set('hasleader', 'true');
    start(own, listener);
  };
  return call as InterceptingCall;
};

/**
 * Sends requests to the cluster. If a node fails, tries again until `requestTimeout`, with other nodes too.
 * So an earlier attempt may have taken effect although its answer was lost. Callers that write must make sure
 * that a second attempt does nothing then.
 */
export class Cluster {
  readonly #etcd: Etcd3;
  readonly #options: ResolvedEtcdOptions;

  /** @throws {MemStoreError} INVALID_OPTION if a certificate or key is invalid */
  constructor(options: ResolvedEtcdOptions) {
    this.#options = options;
    const { hosts, auth, tls, attemptTimeoutMs } = options;
    const settings: IOptions = {
      hosts,
      ...(auth === undefined ? {} : { auth }),
      ...(tls === undefined ? {} : { credentials: credentialsOf(tls) }),
      dialTimeout: attemptTimeoutMs,
      faultHandling: {
        global: oneAttempt, // With one node, there is nothing to fail over to.
        host: () => (hosts.length > 1 ? nodeGuard(options.clock) : oneAttempt),
      },
      defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + attemptTimeoutMs }),
      // A page of large values may exceed the default message size of the transport.
      grpcOptions: {
        'grpc.max_receive_message_length': -1,
        'grpc.max_send_message_length': -1,
        // A watch has no deadline. The pings find out that its node no longer answers.
        'grpc.keepalive_time_ms': PING_AFTER_MS,
        'grpc.keepalive_timeout_ms': attemptTimeoutMs,
      },
    };
    try {
      this.#etcd = new Etcd3(settings);
    } catch (cause) {
      const message = `tls must have valid certificates and keys: ${(cause as Error).message}`;
      throw new MemStoreError('INVALID_OPTION', message, { cause });
    }
  }

  range(request: IRangeRequest, options?: RequestOptions): Promise<IRangeResponse> {
    return this.#try(() => this.#etcd.kv.range(request), options);
  }

  /** Performs `success` if all conditions in `compare` hold, and `failure` otherwise, in one step. */
  transaction(
    compare: readonly ICompare[],
    success: readonly IRequestOp[],
    failure: readonly IRequestOp[],
    options?: RequestOptions,
  ): Promise<ITxnResponse> {
    const request = { compare: [...compare], success: [...success], failure: [...failure] };
    return this.#try(() => this.#etcd.kv.txn(request), options);
  }

  /**
   * Grants a lease of at least this many seconds, and returns its id. The cluster may grant a longer lease.
   */
  async grantLease(seconds: number): Promise<string> {
    const { ID } = await this.#try(() => this.#etcd.leaseClient.leaseGrant({ TTL: seconds }));
    return ID;
  }

  /**
   * Returns the remaining time of a lease in milliseconds. Returns 1 for an ended lease, because a snapshot
   * may still see its entries.
   */
  async timeLeftMs(lease: string): Promise<number> {
    const { TTL } = await this.#try(() => this.#etcd.leaseClient.leaseTimeToLive({ ID: lease }));
    return Math.max(1, Number(TTL) * 1_000);
  }

  /** Ends a lease, which deletes its keys. Does nothing if the lease has already ended. */
  async revokeLease(lease: string): Promise<void> {
    await this.#try(() => this.#etcd.leaseClient.leaseRevoke({ ID: lease })).catch(() => {});
  }

  /** Grants a lease and renews it until it is lost or the returned `end` is called. */
  async keepLease(
    seconds: number,
    onLost: () => void,
  ): Promise<{ readonly id: string; readonly end: () => Promise<void> }> {
    const { lease, id } = await this.#try(async () => {
      const granted = this.#etcd.lease(seconds);
      // Without a listener, the loss of the lease would be an unhandled error event.
      granted.on('lost', onLost);
      return { lease: granted, id: await granted.grant() };
    });
    return { id, end: () => lease.revoke().catch(() => {}) };
  }

  /**
   * Resolves when the key is deleted after the revision. Also resolves when watching fails, so that the
   * caller checks again.
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

  /**
   * Opens a stream of watches at one node. The node ends it when it has lost the other nodes. The caller must
   * end and cancel it.
   */
  async openWatch(): Promise<WatchStream> {
    const stream = await this.#etcd.watchClient.watch({ interceptors: [requireLeader] });
    // The stream is a stream of Node, which the types do not say.
    return stream as unknown as WatchStream;
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
        const pauseMs = retryPauseMs(attempt, random);
        if (!isTransient(error) || clock.monotonicMs() + pauseMs > lastStartMs)
          throw await this.#refusal(error);
        await new Promise<void>((resolve) => clock.setTimer(resolve, pauseMs, true));
      }
    }
  }

  /** Returns the error for the caller. If a limit was reached, the message contains its value. */
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
    // If the size cannot be read, report the error without it.
    const detail = await Promise.resolve(limit?.()).catch(() => undefined);
    return toMemStoreError(error, detail);
  }
}

function credentialsOf({ ca, cert, key }: EtcdTls): NonNullable<IOptions['credentials']> {
  return {
    // The client library passes this value on unchanged. With undefined, Node's default authorities are
    // trusted.
    rootCertificate: (ca === undefined ? undefined : Buffer.from(ca)) as Buffer,
    ...(cert === undefined ? {} : { certChain: Buffer.from(cert) }),
    ...(key === undefined ? {} : { privateKey: Buffer.from(key) }),
  };
}

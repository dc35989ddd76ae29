import type { IEvent, IWatchResponse } from 'etcd3';
import type { Clock } from '../../contract/clock.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type { Cluster, WatchStream } from '../cluster.ts';
import { toMemStoreError } from '../etcd-error.ts';
import type { ResolvedEtcdOptions } from '../etcd-options.ts';
import type { ByteRange } from '../key-space.ts';
import { retryPauseMs } from '../retry-pause.ts';

/** One key, or a range of keys, in etcd. */
export type WatchedKeys = ByteRange | { readonly key: Buffer };

/** All changes of one revision in the watched keys. */
export interface RevisionEvents {
  readonly revision: number;
  readonly events: IEvent[];
}

/** What to watch, and from where. */
export interface WatchPlan {
  readonly keys: WatchedKeys;
  /** True if the events need the previous entries. */
  readonly wantsPrevious: boolean;
  /** The events after this revision are delivered. */
  readonly position: number;
  /**
   * Receives complete revisions, in order. The watch continues when the returned promise resolves. That
   * promise must not reject.
   */
  readonly take: (revisions: readonly RevisionEvents[]) => Promise<void>;
}

/** The part of the store that a watch uses. */
export interface WatchHost {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly options: ResolvedEtcdOptions;
}

/**
 * Watches keys of the cluster. A lost watch continues after the last revision that was delivered. The client
 * library would continue after the newest revision of the cluster, which could lose changes. So this class
 * opens the streams itself.
 */
export class EtcdWatch {
  readonly #host: WatchHost;
  readonly #plan: WatchPlan;
  /** The last revision that was delivered. */
  #position: number;
  /** The received events of revisions that may still be incomplete. */
  #held: RevisionEvents[] = [];
  #stream: WatchStream | undefined = undefined;
  #isClosed = false;
  /** The failed attempts since the last contact. */
  #failures = 0;
  #lostAtMs: number | undefined = undefined;

  constructor(host: WatchHost, plan: WatchPlan) {
    this.#host = host;
    this.#plan = plan;
    this.#position = plan.position;
  }

  /**
   * Watches until `close`.
   * @throws {MemStoreError} SNAPSHOT_TOO_OLD if the cluster has compacted changes that were not delivered;
   * AUTH_FAILED; CONNECTION_LOST if no node answers for `requestTimeout`
   */
  async run(): Promise<void> {
    const { clock, options } = this.#host;
    while (!this.#isClosed) {
      const error = toMemStoreError(await this.#follow());
      if (this.#isClosed) return;
      await this.#refuseUnlessTransient(error);
      this.#lostAtMs ??= clock.monotonicMs();
      if (clock.monotonicMs() - this.#lostAtMs >= options.requestTimeoutMs) throw error;
      const pauseMs = retryPauseMs(this.#failures++, options.random);
      await new Promise<void>((resolve) => clock.setTimer(resolve, pauseMs, false));
    }
  }

  close(): void {
    this.#isClosed = true;
    stop(this.#stream);
  }

  /** Opens a stream, and reads it until it is lost. Returns the reason. */
  async #follow(): Promise<unknown> {
    const { cluster, clock, options } = this.#host;
    this.#held = [];
    let stream: WatchStream;
    try {
      stream = await cluster.openWatch();
    } catch (error) {
      return error;
    }
    this.#stream = stream;
    const deadline = clock.setTimer(() => stop(stream), options.attemptTimeoutMs, false);
    try {
      if (!this.#isClosed) stream.write({ create_request: this.#request() });
      for await (const response of stream) {
        clock.clearTimer(deadline);
        if (this.#isClosed) break;
        if (response.canceled) return cancelReason(response);
        this.#failures = 0;
        this.#lostAtMs = undefined;
        if (!response.created) await this.#take(response);
      }
      return new Error('the watch ended');
    } catch (error) {
      return error;
    } finally {
      clock.clearTimer(deadline);
      stop(stream);
    }
  }

  #request(): object {
    const { keys, wantsPrevious } = this.#plan;
    return {
      ...keys,
      prev_kv: wantsPrevious,
      progress_notify: true,
      // Without fragments, a watch that catches up could get a response of any size.
      fragment: true,
      // The watch starts at the last delivered revision, and `#take` drops that revision. A watch that starts
      // at the next revision could lose a deletion that the cluster compacts meanwhile (etcd#18089).
      start_revision: String(this.#position),
    };
  }

  async #take(response: IWatchResponse): Promise<void> {
    for (const event of response.events) {
      const revision = Number(event.kv.mod_revision);
      if (revision <= this.#position) continue;
      const last = this.#held.at(-1);
      if (last?.revision === revision) last.events.push(event);
      else this.#held.push({ revision, events: [event] });
    }
    // More events of the last revision may follow a fragment.
    const complete = this.#held.splice(0, response.fragment ? this.#held.length - 1 : this.#held.length);
    const last = complete.at(-1);
    if (last !== undefined) {
      await this.#plan.take(complete);
      this.#position = last.revision;
    } else if (response.events.length === 0) {
      // A progress notification: the watch has delivered everything up to this revision.
      this.#position = Math.max(this.#position, Number(response.header.revision));
    }
  }

  /** Throws an error after which no further attempt can succeed. */
  async #refuseUnlessTransient(error: unknown): Promise<void> {
    if (!(error instanceof MemStoreError) || error.code === 'CONNECTION_LOST') return;
    if (error.code !== 'AUTH_FAILED') throw error;
    // A watch with an outdated token is refused too. A read renews the token, or fails with the real error.
    await this.#host.cluster.range({ ...this.#plan.keys, count_only: true });
  }
}

/**
 * Ends a stream. The client library counts a cancelled stream as a failure of its node, unless the stream was
 * ended first.
 */
function stop(stream: WatchStream | undefined): void {
  stream?.end();
  stream?.cancel();
}

function cancelReason({ compact_revision, cancel_reason }: IWatchResponse): Error {
  if (compact_revision === '0') return new Error(cancel_reason);
  return new MemStoreError(
    'SNAPSHOT_TOO_OLD',
    `The cluster has compacted its changes up to revision ${compact_revision}.`,
  );
}

import type { RespStyle } from '../protocol/resp-writer.ts';
import type { SessionMemory } from '../serving/session-host.ts';
import type { BufferedBytes, Buffering } from './buffered-bytes.ts';

/** The connection whose memory is counted. */
interface Counted {
  /** The bytes that the connection uses now. */
  readonly bufferedBytes: number;
  flushSoon(): void;
  cut(reason: string): void;
}

/** The memory of one connection. `BufferedBytes` counts it together with that of all others. */
export class ConnectionMemory implements Buffering, SessionMemory {
  readonly #all: BufferedBytes;
  readonly #maxReplyBytes: number;
  readonly #connection: Counted;
  countedBytes = 0;
  /** True after the connection has ended. */
  isEnded = false;

  constructor(all: BufferedBytes, maxReplyBytes: number, connection: Counted) {
    this.#all = all;
    this.#maxReplyBytes = maxReplyBytes;
    this.#connection = connection;
    all.add(this);
  }

  /** Returns whether memory is short and the connection uses more than its share. */
  get isShort(): boolean {
    return this.#all.isShortFor(this);
  }

  /** Returns whether the server must not read the connection now. If so, `wake` is called later. */
  get mustWait(): boolean {
    return this.#all.mustWait(this);
  }

  /** Updates the number of bytes that the connection uses. */
  count(): void {
    this.#all.count(this, this.#connection.bufferedBytes);
  }

  /**
   * Returns a style whose `maxReplyBytes` is at most the free memory for replies.
   * @param writtenBytes the bytes of this reply that are already written and counted
   */
  fit(style: RespStyle, writtenBytes = 0): RespStyle {
    const maxReplyBytes = Math.min(this.#maxReplyBytes, this.#all.roomFor(this) + writtenBytes);
    return maxReplyBytes === style.maxReplyBytes ? style : { ...style, maxReplyBytes };
  }

  wake(): void {
    this.#connection.flushSoon();
  }

  cut(reason: string): void {
    this.#connection.cut(reason);
  }

  /** Stops counting the connection after it has ended. */
  end(): void {
    this.isEnded = true;
    this.#all.remove(this);
  }
}

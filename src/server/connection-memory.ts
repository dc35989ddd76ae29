import type { RespStyle } from '../protocol/resp-writer.ts';
import type { SessionMemory } from '../serving/session-host.ts';
import type { BufferedBytes, Buffering } from './buffered-bytes.ts';

/** The connection whose memory is counted. */
interface Counted {
  /** The bytes that it holds now. */
  readonly bufferedBytes: number;
  wake(): void;
  cut(reason: string): void;
}

/** The memory of one connection, as a part of what the server buffers for all. */
export class ConnectionMemory implements Buffering, SessionMemory {
  readonly #all: BufferedBytes;
  readonly #maxReplyBytes: number;
  readonly #connection: Counted;
  countedBytes = 0;
  /** True once the connection is gone. */
  isEnded = false;

  constructor(all: BufferedBytes, maxReplyBytes: number, connection: Counted) {
    this.#all = all;
    this.#maxReplyBytes = maxReplyBytes;
    this.#connection = connection;
    all.add(this);
  }

  /** True if the connection holds more than its share while memory is short. */
  get isShort(): boolean {
    return this.#all.isShortFor(this);
  }

  /** True if the connection must not be read. It is woken when it may go on. */
  get mustWait(): boolean {
    return this.#all.mustWait(this);
  }

  /** Notes how many bytes the connection holds now. */
  count(): void {
    this.#all.count(this, this.#connection.bufferedBytes);
  }

  /**
   * Returns a style whose `maxReplyBytes` is no more than all connections together leave memory for.
   * @param writtenBytes the counted bytes of the reply itself, of which a part is written
   */
  fit(style: RespStyle, writtenBytes = 0): RespStyle {
    const maxReplyBytes = Math.min(this.#maxReplyBytes, this.#all.roomFor(this) + writtenBytes);
    return maxReplyBytes === style.maxReplyBytes ? style : { ...style, maxReplyBytes };
  }

  wake(): void {
    this.#connection.wake();
  }

  cut(reason: string): void {
    this.#connection.cut(reason);
  }

  /** Gives everything back when the connection is gone. */
  end(): void {
    this.isEnded = true;
    this.#all.remove(this);
  }
}

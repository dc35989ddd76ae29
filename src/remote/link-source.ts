import type { ValueCodec } from '../codecs/value-codec.ts';
import type { MemStoreError } from '../contract/errors.ts';
import type { Link } from './link.ts';

/** Opens the link of a store, and opens a new link when that link is lost. */
export interface LinkSource {
  /** Encodes and decodes the values on every link. */
  readonly codec: ValueCodec;
  /** The usable link, if there is one. */
  readonly link: Link | undefined;
  /** Called with each link that is lost. */
  onLost: (link: Link) => void;
  /**
   * Waits for a link, for as long as the source allows.
   * @throws {MemStoreError} as a rejection: CONNECTION_LOST, ABORTED, the reason given to `close`, or the
   * error of a server that refuses the client
   */
  wait(signal: AbortSignal | undefined): Promise<Link>;
  /**
   * Rejects all waiting calls of `wait` with this reason, and opens no more links. The current link stays
   * open.
   */
  close(reason: MemStoreError): void;
}

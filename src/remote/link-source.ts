import type { ValueCodec } from '../codecs/value-codec.ts';
import type { MemStoreError } from '../contract/errors.ts';
import type { Link } from './link.ts';

/** Opens the links of a store, one at a time, and replaces a lost one. */
export interface LinkSource {
  /** Encodes the values of every link. */
  readonly codec: ValueCodec;
  /** The usable link, if there is one. */
  readonly link: Link | undefined;
  /** Called with every link that is lost. */
  onLost: (link: Link) => void;
  /**
   * Waits for a link, for as long as the source allows.
   * @throws {MemStoreError} as a rejection: CONNECTION_LOST, ABORTED, the reason of `close`, and the error of
   * a server that refuses the client
   */
  wait(signal: AbortSignal | undefined): Promise<Link>;
  /** Rejects all waiting calls with this reason and opens no more links. The current link stays open. */
  close(reason: MemStoreError): void;
}

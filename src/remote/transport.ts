/** Callbacks for the events of a transport. */
export interface TransportEvents {
  /** Called with bytes from the server. */
  readonly onBytes: (bytes: Uint8Array) => void;
  /** Called when a transport that was not writable becomes writable. */
  readonly onWritable: () => void;
  /** Called when the connection is lost or closed. */
  readonly onLost: (message: string, cause?: unknown) => void;
}

/** Carries bytes to one server and back, in order. It does not interpret them. */
export interface Transport {
  /**
   * False while the send buffer is full, until `onWritable` is called. Always false after the connection
   * ends.
   */
  readonly isWritable: boolean;
  /** The number of written bytes that have not left the process. */
  readonly unsentBytes: number;
  /** Registers the callbacks. Call it once, before the first write. */
  listen(events: TransportEvents): void;
  /** Sends bytes. The caller must not change them afterwards. */
  write(bytes: Uint8Array): void;
  /**
   * Calls the callback after the other work of the current tick, so that one write sends all its requests.
   */
  afterTick(callback: () => void): void;
  /** Sets whether the connection keeps the process alive. It should do so only while a request is pending. */
  keepAlive(isNeeded: boolean): void;
  /** Sends the written bytes, then closes. Resolves once the connection is closed. */
  end(): Promise<void>;
  /** Closes immediately. Unsent bytes are lost. */
  destroy(): void;
}

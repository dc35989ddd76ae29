/** Callbacks for the events of a transport. */
export interface TransportEvents {
  /** Called with bytes from the server. */
  readonly onBytes: (bytes: Uint8Array) => void;
  /** Called when a transport that was not writable becomes writable. */
  readonly onWritable: () => void;
  /** Called when the connection is lost or closed. */
  readonly onLost: (message: string, cause?: unknown) => void;
}

/** Carries bytes to one server and back, in order. It knows nothing of requests and replies. */
export interface Transport {
  /** False while the server is slow to read. `onWritable` follows. Always false after the connection ends. */
  readonly isWritable: boolean;
  /** The number of written bytes that have not left the process. */
  readonly unsentBytes: number;
  /** Registers the callbacks. A transport has one listener, which registers before it writes. */
  listen(events: TransportEvents): void;
  /** Sends bytes. The caller does not change them afterwards. */
  write(bytes: Uint8Array): void;
  /** Calls back after everything else in the current tick, so that one write takes all its requests. */
  afterTick(callback: () => void): void;
  /** Sets whether the connection keeps the process alive. It does so only while an answer is due. */
  keepAlive(isNeeded: boolean): void;
  /** Sends the written bytes, then closes. Resolves once the connection is closed. */
  end(): Promise<void>;
  /** Closes at once. */
  destroy(): void;
}

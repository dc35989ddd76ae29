/** Encodes and decodes the values of one connection. */
export interface ValueCodec {
  /**
   * Returns a value as bytes, or as a string that will be sent as UTF-8.
   * @throws {MemStoreError} INVALID_VALUE
   */
  encode(value: unknown): string | Uint8Array;
  /**
   * Returns the value of the bytes. It shares no memory with them.
   * @throws {MemStoreError} INVALID_VALUE
   */
  decode(bytes: Uint8Array): unknown;
}

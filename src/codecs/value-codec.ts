/** How the values of one connection travel. */
export interface ValueCodec {
  /**
   * The bytes that stand for a value; a string stands for its UTF-8.
   * @throws {MemStoreError} INVALID_VALUE
   */
  encode(value: unknown): string | Uint8Array;
  /**
   * The value that the bytes stand for. It shares no memory with them.
   * @throws {MemStoreError} INVALID_VALUE
   */
  decode(bytes: Uint8Array): unknown;
}

/** The flags of `memstore check`. */
export interface CheckFlags {
  readonly setAside?: boolean;
  readonly restore?: boolean;
}

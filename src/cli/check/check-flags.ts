/** What `memstore check` was asked for. */
export interface CheckFlags {
  readonly setAside?: boolean;
  readonly restore?: boolean;
}

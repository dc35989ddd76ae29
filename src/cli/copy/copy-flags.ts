/** What `memstore copy` was asked for. */
export interface CopyFlags {
  readonly prefix: string;
}

// The tags and cursors that no request or scan has. Those of clients begin at 1.

/** The tag of messages that answer no request. */
export const TAG_OF_THE_SERVER = 0;
/** `CANCEL` with this tag ends the waits of all requests without a transaction. */
export const EVERY_TAG = 0;
/** The cursor of a scan that has no more rows. */
export const NO_CURSOR = 0;

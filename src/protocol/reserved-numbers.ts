// Reserved tags and cursors. The tags of requests and the cursors of scans begin at 1.

/** The tag of server messages that are not a reply to a request. */
export const TAG_OF_THE_SERVER = 0;
/** `CANCEL` with this tag cancels all waiting requests outside transactions. */
export const EVERY_TAG = 0;
/** The cursor of a scan that has no more rows. */
export const NO_CURSOR = 0;

/** The name that the server gives itself in `HELLO` and `INFO`. */
export const SERVER_NAME = 'memstore';
/** Clients derive from it which commands of Redis they may send: RESP 3 and `HELLO` came with 6. */
export const REDIS_VERSION = '7.0.0';

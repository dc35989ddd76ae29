/** The name of the server in `HELLO` and `INFO`. */
export const SERVER_NAME = 'memstore';
/**
 * The reported version of Redis. Clients choose their commands by it: RESP 3 and `HELLO` exist since version
 * 6.
 */
export const REDIS_VERSION = '7.0.0';

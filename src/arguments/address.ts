import { invalidOption } from './check-options.ts';

const GREATEST_PORT = 65_535;

/**
 * Checks that a value is a TCP port that is not below `least`.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkPort(port: unknown, least: 0 | 1): void {
  if (Number.isInteger(port) && (port as number) >= least && (port as number) <= GREATEST_PORT) return;
  throw invalidOption('port', `a whole number from ${least} to ${GREATEST_PORT}`, port);
}

/**
 * Checks that a value is a possible host name or IP address.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkHost(host: unknown): void {
  if (typeof host !== 'string' || host === '')
    throw invalidOption('host', 'a host name or an IP address', host);
}

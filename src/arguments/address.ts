import { invalidOption } from './check.ts';

const GREATEST_PORT = 65_535;

/** @throws {MemStoreError} INVALID_OPTION for a number that is no port, or less than `least` */
export function checkPort(port: unknown, least: 0 | 1): void {
  if (Number.isInteger(port) && (port as number) >= least && (port as number) <= GREATEST_PORT) return;
  throw invalidOption('port', `a whole number from ${least} to ${GREATEST_PORT}`, port);
}

/** @throws {MemStoreError} INVALID_OPTION */
export function checkHost(host: unknown): void {
  if (typeof host !== 'string' || host === '') throw invalidOption('host', 'an address', host);
}

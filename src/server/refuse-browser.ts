import { MemStoreError } from '../contract/errors.ts';

const HTTP = /^(?:[A-Z]+ \S+ HTTP\/|Host:)/i;

/**
 * Refuses a line of HTTP. A web page can make a browser send HTTP to any port, and such requests must not
 * reach the store.
 * @throws {MemStoreError} PROTOCOL
 */
export function refuseBrowser(line: string): void {
  if (HTTP.test(line))
    throw new MemStoreError('PROTOCOL', 'This is not a web server: it does not speak HTTP.');
}

import { MemStoreError } from '../errors.ts';

const HTTP = /^(?:[A-Z]+ \S+ HTTP\/|Host:)/i;

/**
 * A web page can make a browser send this to any port; none of it must reach the store.
 * @throws {MemStoreError} PROTOCOL
 */
export function refuseBrowser(line: string): void {
  if (HTTP.test(line)) throw new MemStoreError('PROTOCOL', 'This is no web server.');
}

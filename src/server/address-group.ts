/**
 * Groups the addresses that may belong to one machine, as text: an IPv4 address, the first 64 bits of an IPv6
 * address (one machine may use all addresses below them), or all clients of a Unix socket.
 */
export function addressGroup(address: string | undefined): string {
  if (address === undefined) return 'unix';
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [before = '', behind] = address.split('::');
  const words = before === '' ? [] : before.split(':');
  const least = behind === undefined ? [] : Array.from({ length: 4 - Math.min(4, words.length) }, () => '0');
  const last = behind === undefined || behind === '' ? [] : behind.split(':');
  // The zeros that the two colons stand for end where the words behind them begin.
  const zeros = least.slice(0, Math.max(0, 8 - words.length - last.length));
  return [...words, ...zeros, ...last].slice(0, 4).join(':');
}

/**
 * Returns the name of the group that an address belongs to. Each IPv4 address is a group of its own. IPv6
 * addresses with the same first 64 bits are one group, because one machine may use all of them. All clients
 * of a Unix socket are one group.
 */
export function addressGroup(address: string | undefined): string {
  if (address === undefined) return 'unix';
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [before = '', behind] = address.split('::');
  const words = before === '' ? [] : before.split(':');
  const least = behind === undefined ? [] : Array.from({ length: 4 - Math.min(4, words.length) }, () => '0');
  const last = behind === undefined || behind === '' ? [] : behind.split(':');
  // The `::` stands for enough zeros to make eight words in all.
  const zeros = least.slice(0, Math.max(0, 8 - words.length - last.length));
  return [...words, ...zeros, ...last].slice(0, 4).join(':');
}

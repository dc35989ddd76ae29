import { InvalidArgumentError } from 'commander';

const KIB = 1024;
const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, kb: KIB, mb: KIB ** 2, gb: KIB ** 3 };

/** Bytes from `512mb`, `1.5gb`, `65536`; a kilobyte has 1024 bytes, whether it is written kb, k or KiB. */
export function parseSize(text: string): number {
  const [, number = '', prefix = '', , b = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?)(i?)(b?)$/i.exec(text) ?? [];
  const unit = UNITS[prefix === '' ? b.toLowerCase() : `${prefix.toLowerCase()}b`];
  const bytes = Math.floor(Number(number) * (unit ?? Number.NaN));
  if (number !== '' && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new InvalidArgumentError('It must be a size such as 512mb, 2gb or 65536.');
}

/**
 * Encodes a key as bytes that sort like the key, by UTF-16 code unit. UTF-8 sorts surrogate pairs
 * differently, so each half of a pair is written as three bytes (CESU-8). Lone surrogates in the bounds of
 * ranges sort correctly too.
 */
export function codeUnitBytes(key: string): Buffer {
  if (!SURROGATE.test(key)) return Buffer.from(key, 'utf8');
  const bytes = Buffer.allocUnsafe(3 * key.length);
  let end = 0;
  for (let index = 0; index < key.length; index++) {
    const unit = key.charCodeAt(index);
    if (unit < 0x80) {
      bytes[end++] = unit;
    } else if (unit < 0x800) {
      bytes[end++] = 0xc0 | (unit >> 6);
      bytes[end++] = 0x80 | (unit & 0x3f);
    } else {
      bytes[end++] = 0xe0 | (unit >> 12);
      bytes[end++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[end++] = 0x80 | (unit & 0x3f);
    }
  }
  return bytes.subarray(0, end);
}

const SURROGATE = /[\ud800-\udfff]/;
// The units from U+D000 on have the same first byte, and the same bytes as in UTF-8.
const FIRST_OF_SURROGATE = 0xed;

/** Decodes the bytes that {@link codeUnitBytes} returned. */
export function fromCodeUnitBytes(bytes: Uint8Array): string {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return whole.includes(FIRST_OF_SURROGATE) ? decode(whole) : whole.toString('utf8');
}

function decode(bytes: Buffer): string {
  const units: string[] = [];
  for (let index = 0; index < bytes.length; ) {
    const first = bytes[index] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : 3;
    const second = (bytes[index + 1] ?? 0) & 0x3f;
    const third = (bytes[index + 2] ?? 0) & 0x3f;
    const unit =
      length === 1
        ? first
        : length === 2
          ? ((first & 0x1f) << 6) | second
          : ((first & 0x0f) << 12) | (second << 6) | third;
    units.push(String.fromCharCode(unit));
    index += length;
  }
  return units.join('');
}

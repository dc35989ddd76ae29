import { InvalidArgumentError } from 'commander';

/** A parser of whole numbers within bounds. */
export function parseCount(
  least: number,
  greatest: number = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (count >= least && count <= greatest) return count;
    const bound = greatest === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${greatest}`;
    throw new InvalidArgumentError(`It must be a whole number, ${bound}.`);
  };
}

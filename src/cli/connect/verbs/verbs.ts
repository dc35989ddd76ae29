import type { Verb } from '../verb.ts';
import { dataVerbs } from './data-verbs.ts';
import { helpVerb } from './help-verb.ts';
import { reportVerbs } from './report-verbs.ts';
import { transactionVerbs } from './transaction-verbs.ts';

const known = [...dataVerbs, ...transactionVerbs, ...reportVerbs];

/** Every command of the prompt by its name. `EXIT` and `QUIT` are of the prompt itself. */
export const verbs: ReadonlyMap<string, Verb> = new Map(
  [...known, helpVerb(known)].map((verb) => [verb.name, verb]),
);

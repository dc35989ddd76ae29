import { describe, it } from 'vitest';
import { hermitage } from './hermitage.ts';
import { PLACES } from './home.ts';

for (const place of PLACES) describe(place.name, () => hermitage(place, { describe, it }));

import { describe, it } from 'vitest';
import { PLACES } from './backend.ts';
import { hermitage } from './hermitage.ts';

for (const place of PLACES) describe(place.name, () => hermitage(place, { describe, it }));

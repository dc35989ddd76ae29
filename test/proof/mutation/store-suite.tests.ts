import { MemStore } from 'memstore-tx';
import { describe, it } from 'vitest';
import { storeSuite } from '../../../src/testing/suites/store/store-suite.ts';

// One of the combinations of `test/conformance`. The other combinations differ in code that is not mutated.
storeSuite('MemStore', () => new MemStore(), { describe, it });

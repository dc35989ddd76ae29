import { MemStore } from 'memstore-tx';
import { describe, it } from 'vitest';
import { storeSuite } from '../../../src/testing/suites/store/store-suite.ts';

// One of the combinations that `test/conformance` runs; the others differ in what is not mutated here.
storeSuite('MemStore', () => new MemStore(), { describe, it });

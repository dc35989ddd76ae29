import type { TestFunctions } from '../../../src/testing/suites/test-functions.ts';
import type { Place } from './backend.ts';
import { dirtyAnomalies } from './dirty-anomalies.ts';
import { skewAnomalies } from './skew-anomalies.ts';
import { writeSkewAnomalies } from './write-skew-anomalies.ts';

/**
 * Registers the anomalies of the Hermitage test suite (Martin Kleppmann, github.com/ept/hermitage) under
 * their original names, and a variant of each with a predicate. Each schedule shows the anomaly in a database
 * that has it. In MemStore some transactions wait or are rolled back. The tests check that the committed
 * transactions behave as if they ran one after the other.
 */
export function hermitage(place: Omit<Place, 'name'>, tests: TestFunctions): void {
  dirtyAnomalies(place, tests);
  skewAnomalies(place, tests);
  writeSkewAnomalies(place, tests);
}

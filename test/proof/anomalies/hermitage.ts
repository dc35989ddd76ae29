import type { TestFunctions } from '../../../src/testing/suites/test-functions.ts';
import type { Place } from './backend.ts';
import { dirtyAnomalies } from './dirty-anomalies.ts';
import { skewAnomalies } from './skew-anomalies.ts';
import { writeSkewAnomalies } from './write-skew-anomalies.ts';

/**
 * The anomalies of the Hermitage test suite (Martin Kleppmann, github.com/ept/hermitage), by their names
 * there, and variants of each through a predicate. Each schedule is the one that shows the anomaly in a
 * database that has it. Here somebody waits or is rolled back on the way; what is checked is that those who
 * committed did so as if one after the other.
 */
export function hermitage(place: Omit<Place, 'name'>, tests: TestFunctions): void {
  dirtyAnomalies(place, tests);
  skewAnomalies(place, tests);
  writeSkewAnomalies(place, tests);
}

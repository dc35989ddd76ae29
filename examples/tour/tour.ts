import colours from 'picocolors';
import { bank } from './bank.ts';
import { deadlock } from './deadlock.ts';
import { jobQueue } from './job-queue.ts';
import { onCall } from './on-call.ts';
import { Report } from './report.ts';
import { sessionCache } from './session-cache.ts';

const startedMs = performance.now();
const report = new Report();
console.log(colours.bold('\nA tour of MemStore: transactions in the memory of one Node process'));

for (const chapter of [bank, deadlock, jobQueue, sessionCache, onCall]) await chapter(report);

const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
report.summary(seconds);
report.text(`To read next:
- README.md: what MemStore promises, and your first transaction
- examples/: small programs to copy from; quickstart.ts is the shortest
- docs/guide/: transactions, locking, strategies, memory bounds, testing
- examples/tour/: the source of this tour`);
console.log();

if (report.brokenClaims > 0) process.exitCode = 1;

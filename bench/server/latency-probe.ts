// A client of its own process that sends one GET after another. Started by `LatencyProbe`, which tells it by messages.
import { connect } from 'node:net';

const socket = connect({ port: Number(process.argv[2]), host: '127.0.0.1', noDelay: true });
const GET = '*2\r\n$3\r\nGET\r\n$5\r\nprobe\r\n';
let latencies: number[] = [];
let sentMs = 0;
let startedMs = 0;

function send(): void {
  sentMs = performance.now();
  socket.write(GET);
}

/** What lies before the start of the measurement does not count. */
function sinceSent(): number {
  return performance.now() - Math.max(sentMs, startedMs);
}

socket.on('connect', send);
// The key has no value, so each reply fits in one piece.
socket.on('data', () => {
  latencies.push(sinceSent());
  send();
});
process.on('message', (message) => {
  if (message === 'start') {
    latencies = [];
    startedMs = performance.now();
    process.send?.('started');
  } else {
    // A request that is still open counts as long as it has taken so far.
    process.send?.([...latencies, sinceSent()]);
  }
});
process.on('disconnect', () => process.exit());

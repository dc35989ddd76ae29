// A client in its own process that sends one GET after another. Its parent, long-commands.ts, starts and
// stops the measurement by messages.
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

/** Returns the time since the request was sent, or since the measurement started if that was later. */
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
    // Include the pending request with the time that has passed so far.
    process.send?.([...latencies, sinceSent()]);
  }
});
process.on('disconnect', () => process.exit());

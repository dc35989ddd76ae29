// Measures the limit of Node's sockets: a server that only counts requests and replies OK to each.
import { createServer } from 'node:net';

const ARRAY = 0x2a;
const LF = 0x0a;

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    let requests = 0;
    for (let i = 0; i < bytes.length; i++)
      if (bytes[i] === ARRAY && (i === 0 || bytes[i - 1] === LF)) requests++;
    socket.write('+OK\r\n'.repeat(requests), 'latin1');
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(address.port);
});

import { Command, InvalidArgumentError, Option } from 'commander';
import type { Finish } from '../exit-codes.ts';
import { parseCount, parseDelay, parseDuration, parseSize } from '../parse.ts';
import { type ServeFlags, serveDefaults } from './serve-flags.ts';

const HELP = `
SIGTERM and SIGINT stop the server cleanly, a second signal immediately.
Without --password-file, MEMSTORE_PASSWORD is the password, if it is set.

Examples:
  memstore serve --max-memory 512mb
  memstore serve --data /var/lib/memstore
  memstore serve --etcd 10.0.0.1:2379,10.0.0.2:2379 --etcd-prefix shop
  memstore serve --etcd https://db:2379 --etcd-user app --etcd-password-file pw
  memstore serve --unix /run/memstore.sock --log json
  memstore serve --host 0.0.0.0 --password-file pw --tls-cert c --tls-key k
  memstore serve --limit maxConnections=100 --limit maxValueBytes=1mb`;

/** Returns the command `memstore serve`. */
export function serveCommand(finish: Finish): Command {
  const { port, host, drainTimeout } = serveDefaults;
  return new Command('serve')
    .summary('serve a store to other processes')
    .description(
      'Serves a store over TCP or a Unix socket, with the Redis protocol and plain lines.\n' +
        'Prints "ready URL" to standard output when clients can connect. Logs go to standard error.',
    )
    .addOption(
      new Option('-p, --port <port>', 'TCP port; 0 selects a free one')
        .argParser(parseCount(0, 65_535))
        .default(port),
    )
    .option('--host <address>', 'address to listen on; any but loopback needs a password or --tls-ca', host)
    .addOption(new Option('--unix <path>', 'listen on a Unix socket instead').conflicts(['port', 'host']))
    .option('--password-file <path>', 'file whose first line is the password for clients')
    .option('--tls-cert <path>', 'file with the certificate in PEM; needs --tls-key')
    .option('--tls-key <path>', 'file with the private key of the certificate')
    .option('--tls-ca <path>', 'file with the authority that must have issued client certificates')
    .option('--data <dir>', 'also keep every commit in this directory (needs the package lmdb)')
    .addOption(
      new Option('--unreadable <what>', 'action if entries in --data are unreadable (default: refuse)')
        .choices(['refuse', 'set-aside'])
        .conflicts('etcd'),
    )
    .addOption(
      new Option('--etcd <hosts>', 'serve a cluster at host:port,host:port (needs etcd3)').conflicts([
        'data',
        'maxMemory',
        'maxTransactions',
      ]),
    )
    .option('--etcd-prefix <prefix>', 'prefix of its keys in the cluster (default: memstore)')
    .option('--etcd-user <name>', 'cluster user; needs --etcd-password-file')
    .option('--etcd-password-file <path>', 'file whose first line is the password of the cluster user')
    .option('--etcd-tls-ca <path>', 'file with the certificate authority to trust; turns on TLS')
    .option('--etcd-tls-cert <path>', 'file with the client certificate; needs --etcd-tls-key')
    .option('--etcd-tls-key <path>', 'file with the private key of the certificate')
    .option('--max-memory <size>', 'evict the least recently used entries above this size', parseSize)
    .option('--lock-timeout <time>', 'maximum wait for a lock (default: 10s)', parseDuration)
    .option('--idle-timeout <time>', 'roll back transactions idle for so long (default: 60s)', parseDuration)
    .option('--max-transactions <n>', 'maximum number of open transactions; others wait', parseCount(1))
    .addOption(
      new Option('--limit <name=value>', 'limit of the server; may be repeated')
        .argParser(addLimit)
        .default({}, 'none'),
    )
    .addOption(
      new Option('--drain-timeout <time>', 'time for running commands when the server stops')
        .argParser(parseDelay)
        .default(drainTimeout, '5s'),
    )
    .addOption(
      new Option('--log <form>', 'log format (default: pretty on a terminal)').choices(['json', 'pretty']),
    )
    .option('-v, --verbose', 'also log connections and deadlocks')
    .addHelpText('after', HELP)
    .action(async (flags: ServeFlags) => {
      const { runServer } = await import('./run-server.ts');
      finish(await runServer(flags));
    });
}

/** Adds a limit to the others. The end of its name determines whether it is a size, a time or a count. */
function addLimit(text: string, others: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const [, name = '', value = ''] = /^(\w+)=(.+)$/.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('It must be a name and a value, as in maxConnections=100.');
  const parse = /Bytes$/.test(name)
    ? parseSize
    : /(Timeout|Delay)$/.test(name)
      ? parseDuration
      : parseCount(0);
  return { ...others, [name]: parse(value) };
}

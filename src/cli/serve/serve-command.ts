import { Command, InvalidArgumentError, Option } from 'commander';
import type { Finish } from '../exit-codes.ts';
import { parseCount, parseDelay, parseDuration, parseSize } from '../parse.ts';
import { type ServeFlags, serveDefaults } from './serve-flags.ts';

const HELP = `
SIGTERM and SIGINT stop it cleanly, a second one at once.
Without --password-file, clients must give MEMSTORE_PASSWORD, if it is set.

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
      'Serves a store over TCP or a Unix socket, in the protocol of Redis and in plain lines.\n' +
        'Prints "ready URL" to standard output when clients may come. Logs go to standard error.',
    )
    .addOption(
      new Option('-p, --port <port>', '0 takes any that is free')
        .argParser(parseCount(0, 65_535))
        .default(port),
    )
    .option('--host <address>', 'any but this machine needs a password or --tls-ca', host)
    .addOption(new Option('--unix <path>', 'listen on a Unix socket instead').conflicts(['port', 'host']))
    .option('--password-file <path>', 'ask clients for the password in its first line')
    .option('--tls-cert <path>', 'certificate in PEM; needs --tls-key')
    .option('--tls-key <path>', 'its private key')
    .option('--tls-ca <path>', 'ask clients for a certificate of this authority')
    .option('--data <dir>', 'keep every commit in this directory too (needs the package lmdb)')
    .addOption(
      new Option(
        '--unreadable <what>',
        'entries in --data that cannot be read: do not start, or start without them (refuse)',
      )
        .choices(['refuse', 'set-aside'])
        .conflicts('etcd'),
    )
    .addOption(
      new Option('--etcd <hosts>', 'a store on a cluster, host:port,host:port (needs etcd3)').conflicts([
        'data',
        'maxMemory',
        'maxTransactions',
      ]),
    )
    .option('--etcd-prefix <prefix>', 'in front of its keys there (memstore)')
    .option('--etcd-user <name>', 'user of the cluster; needs --etcd-password-file')
    .option('--etcd-password-file <path>', 'password of that user in its first line')
    .option('--etcd-tls-ca <path>', 'TLS; trust the certificates of this authority')
    .option('--etcd-tls-cert <path>', 'TLS; certificate to show; needs --etcd-tls-key')
    .option('--etcd-tls-key <path>', 'its private key')
    .option('--max-memory <size>', 'forget what was not used lately, as in 512mb', parseSize)
    .option('--lock-timeout <time>', 'longest wait for a lock (10s)', parseDuration)
    .option('--idle-timeout <time>', 'roll back transactions that nobody touches (60s)', parseDuration)
    .option('--max-transactions <n>', 'open at once; more wait their turn', parseCount(1))
    .addOption(
      new Option('--limit <name=value>', 'a limit of the server; may be repeated')
        .argParser(addLimit)
        .default({}, 'none'),
    )
    .addOption(
      new Option('--drain-timeout <time>', 'for commands under way when it stops')
        .argParser(parseDelay)
        .default(drainTimeout, '5s'),
    )
    .addOption(
      new Option('--log <form>', 'form of the logs (pretty on a terminal)').choices(['json', 'pretty']),
    )
    .option('-v, --verbose', 'log connections and deadlocks too')
    .addHelpText('after', HELP)
    .action(async (flags: ServeFlags) => {
      const { runServer } = await import('./run-server.ts');
      finish(await runServer(flags));
    });
}

/** Adds a limit to the others. A limit is a count unless its name ends with a unit. */
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

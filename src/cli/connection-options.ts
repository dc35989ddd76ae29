import { type Command, Option } from 'commander';
import type { ConnectOptions, TlsSettings } from '../index.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { DEFAULT_TARGET, parseTarget } from './parse-target.ts';
import { readCertificate, readIdentity, readPasswordFile } from './read-option-file.ts';

/** The command-line options for a connection. */
export interface ConnectionFlags {
  readonly passwordFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsServername?: string;
}

/** Adds the argument for the server and the options of the connection to a command. */
export function addConnectionOptions(command: Command): Command {
  return command
    .argument('[url]', `server (default: MEMSTORE_URL, or ${DEFAULT_TARGET})`)
    .addOption(
      new Option(
        '--password-file <path>',
        'file whose first line is the password (or set MEMSTORE_PASSWORD)',
      ),
    )
    .option('--tls-ca <path>', 'file with the certificate authority to trust')
    .option('--tls-cert <path>', 'file with the client certificate; needs --tls-key')
    .option('--tls-key <path>', 'file with the private key of the certificate')
    .option('--tls-servername <name>', "expected name in the server's certificate");
}

/** Returns the options of `connect` from the argument, the flags and the environment. @throws {CliError} */
export function connectOptions(url: string | undefined, flags: ConnectionFlags): ConnectOptions {
  const { MEMSTORE_URL = '', MEMSTORE_PASSWORD = '' } = process.env;
  const target = parseTarget(url ?? (MEMSTORE_URL === '' ? DEFAULT_TARGET : MEMSTORE_URL));
  const password =
    flags.passwordFile === undefined
      ? (target.password ?? (MEMSTORE_PASSWORD === '' ? undefined : MEMSTORE_PASSWORD))
      : readPasswordFile(flags.passwordFile);
  return { ...target, password, tls: tlsSettings(target.tls, flags) };
}

function tlsSettings(tls: TlsSettings | undefined, flags: ConnectionFlags): TlsSettings | undefined {
  const { tlsCa, tlsCert, tlsKey, tlsServername } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new CliError('A client certificate needs both --tls-cert and --tls-key.', exitCodes.usage);
  const settings: TlsSettings = {
    ...(tlsCa === undefined ? {} : { ca: readCertificate('--tls-ca', tlsCa) }),
    ...(tlsCert === undefined || tlsKey === undefined ? {} : readIdentity(tlsCert, tlsKey)),
    ...(tlsServername === undefined ? {} : { servername: tlsServername }),
  };
  // A TLS option turns on TLS, even if the URL does not.
  return tls === undefined && Object.keys(settings).length === 0 ? undefined : { ...tls, ...settings };
}

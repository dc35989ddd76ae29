import { type Command, Option } from 'commander';
import type { ConnectOptions, TlsSettings } from '../index.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { DEFAULT_TARGET, parseTarget } from './parse-target.ts';
import { readCertificate, readIdentity, readPasswordFile } from './read-option-file.ts';

/** The flags of a connection. */
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
    .argument('[url]', `the server (${DEFAULT_TARGET}, or MEMSTORE_URL)`)
    .addOption(new Option('--password-file <path>', 'password in its first line (or MEMSTORE_PASSWORD)'))
    .option('--tls-ca <path>', 'trust the certificates of this authority')
    .option('--tls-cert <path>', 'certificate to show; needs --tls-key')
    .option('--tls-key <path>', 'its private key')
    .option('--tls-servername <name>', 'name in the certificate of the server');
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
    throw new CliError('A certificate needs both --tls-cert and --tls-key.', exitCodes.usage);
  const settings: TlsSettings = {
    ...(tlsCa === undefined ? {} : { ca: readCertificate('--tls-ca', tlsCa) }),
    ...(tlsCert === undefined || tlsKey === undefined ? {} : readIdentity(tlsCert, tlsKey)),
    ...(tlsServername === undefined ? {} : { servername: tlsServername }),
  };
  // A certificate asks for TLS, also if the address does not.
  return tls === undefined && Object.keys(settings).length === 0 ? undefined : { ...tls, ...settings };
}

import type { ServerOptions, TlsSettings } from '../../index.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { readCertificate, readIdentity, readPasswordFile } from '../read-option-file.ts';
import { memoryBounds } from './memory-bounds.ts';
import type { ServeFlags } from './serve-flags.ts';

/**
 * Returns the options of `startServer` from the command-line options.
 * @throws {CliError}
 */
export function serverOptions(flags: ServeFlags): ServerOptions {
  const { port, host, unix, passwordFile, limit } = flags;
  // These limits are options of the store.
  const { maxTransactionWrites, maxTransactionBytes, maxUncommittedBytes, maxHistoryBytes, ...serverLimits } =
    limit;
  const fromEnvironment = process.env['MEMSTORE_PASSWORD'];
  const password =
    passwordFile === undefined
      ? fromEnvironment === ''
        ? undefined
        : fromEnvironment
      : readPasswordFile(passwordFile);
  return {
    ...(unix === undefined ? { port, host } : { path: unix }),
    password,
    tls: tlsSettings(flags),
    limits: { ...serverLimits, maxBufferedBytes: memoryBounds(flags).maxBufferedBytes },
  };
}

function tlsSettings({ tlsCert, tlsKey, tlsCa }: ServeFlags): TlsSettings | undefined {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new CliError('TLS needs both --tls-cert and --tls-key.', exitCodes.usage);
  const identity = readIdentity(tlsCert, tlsKey);
  if (tlsCa === undefined) return identity;
  return { ...identity, ca: readCertificate('--tls-ca', tlsCa), requestCert: true };
}

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { readOptionFile } from './read-option-file.ts';

/** The text of a file with certificates in PEM. @throws {CliError} */
export function readCertificate(option: string, path: string): string {
  return readPem(option, path, 'a certificate', (text) => new X509Certificate(text));
}

/** The texts of a certificate and of the private key that belongs to it. @throws {CliError} */
export function readIdentity(
  certPath: string,
  keyPath: string,
): { readonly cert: string; readonly key: string } {
  const cert = readCertificate('--tls-cert', certPath);
  const key = readPem('--tls-key', keyPath, 'a private key without a passphrase', createPrivateKey);
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new CliError(`--tls-key ${keyPath} is not the key of --tls-cert ${certPath}.`, exitCodes.usage);
  return { cert, key };
}

function readPem(option: string, path: string, what: string, parse: (text: string) => unknown): string {
  const text = readOptionFile(option, path);
  try {
    parse(text);
    return text;
  } catch {
    throw new CliError(`${option} ${path} is not ${what} in PEM.`, exitCodes.usage);
  }
}

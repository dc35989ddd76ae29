import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CliError, exitCodes } from './exit-codes.ts';

/** Returns the text of a file that an option names. @throws {CliError} if it cannot be read */
export function readOptionFile(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`${option} cannot be read: ${reason}`, exitCodes.usage);
  }
}

/** Returns the first line of a password file that an option names. @throws {CliError} if it is empty */
export function readPasswordFile(path: string, option = '--password-file'): string {
  const [password = ''] = readOptionFile(option, path).split(/\r?\n/, 1);
  if (password !== '') return password;
  throw new CliError(`${option} ${path} has no password in its first line.`, exitCodes.usage);
}

/** Returns the text of a file with certificates in PEM. @throws {CliError} if it has none */
export function readCertificate(option: string, path: string): string {
  return readPem(option, path, 'a certificate', (text) => new X509Certificate(text));
}

/** Returns the texts of a certificate and its private key. @throws {CliError} if they do not match */
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

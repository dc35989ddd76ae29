import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CliError, exitCodes } from './exit-codes.ts';

/**
 * Returns the text of the file that an option names.
 * @throws {CliError} if the file cannot be read
 */
export function readOptionFile(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`The file of ${option} cannot be read: ${reason}`, exitCodes.usage);
  }
}

/**
 * Returns the first line of the password file that an option names.
 * @throws {CliError} if the line is empty
 */
export function readPasswordFile(path: string, option = '--password-file'): string {
  const [password = ''] = readOptionFile(option, path).split(/\r?\n/, 1);
  if (password !== '') return password;
  throw new CliError(`${option} ${path} must have the password in its first line.`, exitCodes.usage);
}

/**
 * Returns the text of a file with certificates in PEM.
 * @throws {CliError} if the file contains no certificate
 */
export function readCertificate(option: string, path: string): string {
  return readPem(option, path, 'a certificate', (text) => new X509Certificate(text));
}

/**
 * Returns the texts of a certificate and its private key.
 * @throws {CliError} if the key does not match the certificate
 */
export function readIdentity(
  certPath: string,
  keyPath: string,
): { readonly cert: string; readonly key: string } {
  const cert = readCertificate('--tls-cert', certPath);
  const key = readPem('--tls-key', keyPath, 'a private key without a passphrase', createPrivateKey);
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new CliError(
      `The key in --tls-key ${keyPath} does not match the certificate in --tls-cert ${certPath}.`,
      exitCodes.usage,
    );
  return { cert, key };
}

function readPem(option: string, path: string, what: string, parse: (text: string) => unknown): string {
  const text = readOptionFile(option, path);
  try {
    parse(text);
    return text;
  } catch {
    throw new CliError(`${option} ${path} must contain ${what} in PEM.`, exitCodes.usage);
  }
}

/** PEM text, or bytes. */
type PemData = string | Uint8Array | readonly (string | Uint8Array)[];

/**
 * Options of `tls.connect` and `tls.createServer` of Node, passed through unchanged. This type names the
 * common options. It does not use the types of Node, so that projects without these types compile.
 */
export interface TlsSettings {
  /** The private key. @default none */
  readonly key?: PemData | undefined;
  /** The certificate of this endpoint. @default none */
  readonly cert?: PemData | undefined;
  /** The certificate authorities that this endpoint trusts. @default the authorities that Node trusts */
  readonly ca?: PemData | undefined;
  /** The key and the certificate in one PKCS #12 file. @default none */
  readonly pfx?: PemData | undefined;
  /** The passphrase of the key or of the PKCS #12 file. @default none */
  readonly passphrase?: string | undefined;
  /** Requests a certificate from each client (server only). @default false */
  readonly requestCert?: boolean | undefined;
  /** Rejects a peer whose certificate is not trusted. @default true */
  readonly rejectUnauthorized?: boolean | undefined;
  /** The name that the certificate of the server must have (client only). @default the host */
  readonly servername?: string | undefined;
  /** Any other TLS option of Node. */
  readonly [option: string]: unknown;
}

/** Text in PEM, or bytes. */
type PemData = string | Uint8Array | readonly (string | Uint8Array)[];

/**
 * Options of `tls.connect` and `tls.createServer` of Node, passed on unchanged. The common options are named
 * here. The types of Node are not used, so that projects without them compile.
 */
export interface TlsSettings {
  /** The private key. @default none */
  readonly key?: PemData | undefined;
  /** The certificate of this side. @default none */
  readonly cert?: PemData | undefined;
  /** The authorities whose certificates this side trusts. @default the authorities that Node trusts */
  readonly ca?: PemData | undefined;
  /** The key and the certificate in one PKCS #12 file. @default none */
  readonly pfx?: PemData | undefined;
  /** The passphrase of the key or of the PKCS #12 file. @default none */
  readonly passphrase?: string | undefined;
  /** Asks clients for a certificate (server only). @default false */
  readonly requestCert?: boolean | undefined;
  /** Refuses a peer whose certificate is not trusted. @default true */
  readonly rejectUnauthorized?: boolean | undefined;
  /** The name that the certificate of the server must have (client only). @default the host */
  readonly servername?: string | undefined;
  /** Any other TLS option of Node. */
  readonly [option: string]: unknown;
}

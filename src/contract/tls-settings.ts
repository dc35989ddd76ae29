/** Text in PEM, or bytes. */
type PemData = string | Uint8Array | readonly (string | Uint8Array)[];

/**
 * Options of Node's own TLS, which are handed on as they are. Those that matter most are named; the types of
 * Node are left out, so that nobody needs them who does not use them.
 */
export interface TlsSettings {
  /** The private key. */
  readonly key?: PemData | undefined;
  /** The certificate that this side shows. */
  readonly cert?: PemData | undefined;
  /** The authorities whose certificates this side trusts. @default those that Node brings */
  readonly ca?: PemData | undefined;
  /** Key and certificate in one. */
  readonly pfx?: PemData | undefined;
  readonly passphrase?: string | undefined;
  /** Of a server: asks clients for a certificate. @default false */
  readonly requestCert?: boolean | undefined;
  /** Refuses a peer whose certificate is not trusted. @default true */
  readonly rejectUnauthorized?: boolean | undefined;
  /** Of a client: the name that the certificate must be for. @default the host */
  readonly servername?: string | undefined;
  readonly [option: string]: unknown;
}

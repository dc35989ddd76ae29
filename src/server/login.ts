import type { Connection } from './connection.ts';
import type { ConnectionHost } from './connection-host.ts';

/** Checks the passwords that one client gives. */
export class Login {
  readonly #connection: Pick<Connection, 'id' | 'address'>;
  readonly #remoteAddress: string | undefined;
  readonly #host: Pick<ConnectionHost, 'password' | 'tell'>;
  /** Whether the client has given a wrong password. */
  #hasGuessed = false;

  constructor(
    connection: Pick<Connection, 'id' | 'address'>,
    remoteAddress: string | undefined,
    host: Pick<ConnectionHost, 'password' | 'tell'>,
  ) {
    this.#connection = connection;
    this.#remoteAddress = remoteAddress;
    this.#host = host;
  }

  /**
   * Checks a password, later if there were wrong ones. `isWaited` tells whether the client is still there.
   */
  isRight(password: string, isWaited: () => boolean): Promise<boolean> {
    return this.#host.password.accepts({
      password,
      address: this.#remoteAddress,
      isFirst: !this.#hasGuessed,
      isWaited,
      onWrong: () => {
        this.#hasGuessed = true;
        const { id, address } = this.#connection;
        this.#host.tell({ type: 'auth-failed', connection: id, peer: address });
      },
    });
  }
}

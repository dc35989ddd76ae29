import type { Connection } from './connection.ts';
import type { ConnectionHost } from './connection-host.ts';

/** Checks the passwords that one client sends. */
export class Login {
  readonly #connection: Pick<Connection, 'id' | 'address'>;
  readonly #remoteAddress: string | undefined;
  readonly #host: Pick<ConnectionHost, 'password' | 'tell'>;
  /** True if the client has sent a wrong password. */
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
   * Checks a password. After wrong ones the check is delayed. `isWaited` returns whether the client is still
   * connected.
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

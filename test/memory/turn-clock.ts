import { FakeClock } from '../../src/testing/fake-clock.ts';

/** A clock that advances by 1 ms at each read, so that all work counts as long. It counts the turns. */
export class TurnClock extends FakeClock {
  turns = 0;
  /** Called at each yield of long work. */
  inTurn: (turn: number) => void | Promise<void> = () => {};

  override monotonicMs(): number {
    this.advance(1);
    return super.monotonicMs();
  }

  override async yieldTurn(): Promise<void> {
    // The caller continues first, as it does with the clock of the platform.
    await undefined;
    await this.inTurn(++this.turns);
  }

  /** Waits for the next turn, and calls the callback only in that turn. */
  nextTurn(callback: () => void | Promise<void> = () => {}): Promise<void> {
    return new Promise((resolve) => {
      this.inTurn = async () => {
        this.inTurn = () => {};
        await callback();
        resolve();
      };
    });
  }
}

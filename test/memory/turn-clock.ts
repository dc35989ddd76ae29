import { FakeClock } from '../../src/testing/fake-clock.ts';

/**
 * A clock that advances by 1 ms each time it is read, so that all work counts as long. It counts the turns.
 */
export class TurnClock extends FakeClock {
  turns = 0;
  /** Called in every turn that long work gives to others. */
  inTurn: (turn: number) => void | Promise<void> = () => {};

  override monotonicMs(): number {
    this.advance(1);
    return super.monotonicMs();
  }

  override async yieldTurn(): Promise<void> {
    // The caller goes on first, as it does with the clock of the platform.
    await undefined;
    await this.inTurn(++this.turns);
  }

  /** Waits for the next turn, and runs the callback in that turn only. */
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

import { setMaxListeners } from 'node:events';
import { attacks, LEAST_ANSWERS, type Target } from './attacks.ts';
import type { AttackOrder, AttackReport, Message } from './start-attack.ts';

const order = JSON.parse(process.argv[2] ?? '') as AttackOrder;
const controller = new AbortController();
setMaxListeners(0, controller.signal);
const codes = new Set<string>();
let cut = 0;
let isDone = false;
let onAnswer = (): void => {};

function report(): void {
  process.send?.({ codes: [...codes], cut, isDone } satisfies AttackReport);
}

const target: Target = {
  port: order.port,
  heapBytes: order.heapBytes,
  signal: controller.signal,
  onTold(event) {
    if (event === 'cut') cut++;
    else codes.add(event);
    report();
  },
  beside() {
    let missing = LEAST_ANSWERS;
    return new Promise((resolve) => {
      onAnswer = () => {
        if (--missing <= 0) resolve();
      };
      controller.signal.addEventListener('abort', () => resolve());
    });
  },
};

process.on('message', (message: Message) => {
  if (message === 'answer') onAnswer();
  else controller.abort();
});
process.on('disconnect', () => process.exit());
const stopped = new Promise((resolve) => controller.signal.addEventListener('abort', resolve));
report();
await attacks.find(({ name }) => name === order.name)?.run(target);
isDone = true;
report();
await stopped;
process.disconnect();

import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attacker } from './attacker.ts';
import { attacks } from './attacks.ts';
import type { AttackOrder, AttackResult } from './start-attack.ts';

const order = JSON.parse(process.argv[2] ?? '') as AttackOrder;
const attack = attacks.find(({ name }) => name === order.name);
const controller = new AbortController();
setMaxListeners(0, controller.signal);
const attackers: Attacker[] = [];
const target = { port: order.port, heapBytes: order.heapBytes, signal: controller.signal };

await Promise.all([attack?.run(target, attackers), delay(order.leastMs).then(() => controller.abort())]);
const result: AttackResult = {
  codes: [...new Set(attackers.flatMap(({ codes }) => [...codes]))],
  cut: attackers.filter(({ isClosed }) => isClosed).length,
};
process.send?.(result, () => process.exit());

import { KEYS, type Operation } from './workloads.ts';

/** Applies the operations without a store. The results of all contenders are compared with it. */
export class Model {
  readonly #values = new Map<string, number>();

  apply(operation: Operation): number {
    switch (operation.kind) {
      case 'increment':
        return this.#add([operation.key], 1);
      case 'update':
        return this.#add(operation.keys, operation.writes);
      case 'read':
        return this.#sum(operation.keys);
      case 'get':
        return this.#get(operation.key);
      case 'put':
        this.#values.set(operation.key, operation.value);
        return 0;
      case 'scan': {
        const start = KEYS.indexOf(operation.from);
        return this.#sum(KEYS.slice(start, start + operation.limit));
      }
    }
  }

  total(): number {
    return this.#sum([...this.#values.keys()]);
  }

  #add(keys: readonly string[], writes: number): number {
    const sum = this.#sum(keys);
    for (const key of keys.slice(0, writes)) this.#values.set(key, this.#get(key) + 1);
    return sum;
  }

  #get(key: string): number {
    return this.#values.get(key) ?? 0;
  }

  #sum(keys: readonly string[]): number {
    let sum = 0;
    for (const key of keys) sum += this.#get(key);
    return sum;
  }
}

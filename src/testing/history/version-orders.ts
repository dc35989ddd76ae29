import type { HistoryOptions } from './check-history.ts';
import type { VersionRead } from './collect-reads.ts';
import type { ListOrder } from './find-list-orders.ts';
import type { HistoryValue, TransactionId } from './history.ts';
import type { HistoryIndex } from './history-index.ts';
import { INITIAL, type KeyVersions } from './key-versions.ts';

/** The known part of the order of the versions of one key. */
export interface VersionOrder {
  /** For each version, the versions that follow it directly, as far as this is known. */
  readonly successors: ReadonlyMap<number, readonly number[]>;
  /** Whether the position of every version is known, so that real time adds nothing. */
  readonly isTotal: boolean;
}

/**
 * Infers the order of the versions of a key. The order of a list comes from its longest read. The order of a
 * register comes from the store (`versionOrder` or `commitOrder`). Without these, it comes from transactions
 * that read one version and wrote another.
 */
export class VersionOrders {
  readonly #index: HistoryIndex;
  /** Whether a delete follows the version that it removed, as if it had read that version. */
  readonly #oneState: boolean;
  readonly #lists: ReadonlyMap<KeyVersions, ListOrder>;
  readonly #versionOrder: HistoryOptions['versionOrder'];
  readonly #commitPlaces: ReadonlyMap<TransactionId, number> | undefined;

  constructor(
    index: HistoryIndex,
    lists: ReadonlyMap<KeyVersions, ListOrder>,
    options: HistoryOptions,
    oneState: boolean,
  ) {
    this.#index = index;
    this.#oneState = oneState;
    this.#lists = lists;
    this.#versionOrder = options.versionOrder;
    this.#commitPlaces =
      options.commitOrder === undefined
        ? undefined
        : new Map(options.commitOrder.map((id, place) => [id, place] as const));
  }

  /**
   * Returns the order of the versions of one key.
   * @param reads - every read of the key.
   */
  of(versions: KeyVersions, reads: readonly VersionRead[]): VersionOrder {
    if (versions.isList) return listOrder(this.#index, versions, this.#lists.get(versions));
    const values = this.#versionOrder?.get(versions.key);
    if (values !== undefined) return chain(this.#index, versions, versionsOf(versions, values));
    if (this.#commitPlaces === undefined) return tracedOrder(this.#index, versions, reads, this.#oneState);
    return chain(this.#index, versions, inCommitOrder(this.#index, versions, this.#commitPlaces));
  }
}

function versionsOf(versions: KeyVersions, values: readonly HistoryValue[]): readonly number[] {
  return values.map((value) => versions.versionOf(value)).filter((version) => version !== undefined);
}

/** Returns the order of a list. Adjacent elements of one transaction count as one version. */
function listOrder(index: HistoryIndex, versions: KeyVersions, list: ListOrder | undefined): VersionOrder {
  const successors = new Map<number, readonly number[]>();
  const unplaced = new Map(includedInstalls(index, versions));
  let run: number[] = [INITIAL];
  for (const version of list?.versions ?? []) {
    if (version === undefined || !index.isIncluded(versions.writerOf(version))) continue;
    const writer = versions.writerOf(version);
    if (unplaced.get(writer) === version) unplaced.delete(writer);
    if (versions.writerOf(run[0] ?? INITIAL) !== writer) {
      for (const member of run) successors.set(member, [version]);
      run = [];
    }
    run.push(version);
  }
  // Elements that the longest read does not contain were appended later.
  const last = versions.writerOf(run[0] ?? INITIAL);
  const later = [...unplaced].filter(([writer]) => writer !== last).map(([, version]) => version);
  for (const member of run) successors.set(member, later);
  return { successors, isTotal: true };
}

function chain(index: HistoryIndex, versions: KeyVersions, order: readonly number[]): VersionOrder {
  const successors = new Map<number, readonly number[]>();
  const unplaced = new Set([...includedInstalls(index, versions)].map(([, version]) => version));
  let previous = INITIAL;
  for (const version of order) {
    if (!unplaced.delete(version)) continue;
    successors.set(previous, [version]);
    previous = version;
  }
  // Versions that the order omits still follow the initial version.
  successors.set(INITIAL, [...(successors.get(INITIAL) ?? []), ...unplaced]);
  return { successors, isTotal: unplaced.size === 0 };
}

function inCommitOrder(
  index: HistoryIndex,
  versions: KeyVersions,
  places: ReadonlyMap<TransactionId, number>,
): readonly number[] {
  return [...includedInstalls(index, versions)]
    .map(([writer, version]) => ({ version, place: places.get(index.idOf(writer)) }))
    .filter((install) => install.place !== undefined)
    .sort((a, b) => (a.place ?? 0) - (b.place ?? 0))
    .map(({ version }) => version);
}

/**
 * Puts version w directly after version v if a transaction read v and wrote w. Also does so if w is a delete
 * that can only have removed v.
 */
function tracedOrder(
  index: HistoryIndex,
  versions: KeyVersions,
  reads: readonly VersionRead[],
  oneState: boolean,
): VersionOrder {
  const successors = new Map<number, number[]>();
  const installed = new Map(includedInstalls(index, versions));
  const withoutPredecessor = new Set(installed.values());
  const follow = (version: number, next: number): void => {
    const known = successors.get(version);
    if (known === undefined) successors.set(version, [next]);
    else known.push(next);
    withoutPredecessor.delete(next);
  };
  for (const { reader, version, assumesRealTime } of reads) {
    const written = installed.get(reader);
    if (written === undefined || assumesRealTime || version === INITIAL) continue;
    follow(version, written);
  }
  const only = oneState && versions.deletes.size > 0 ? onlyWrite(index, versions) : undefined;
  if (only !== undefined)
    for (const version of withoutPredecessor)
      if (versions.isBareDelete(version) && isCommitted(index, versions.writerOf(version)))
        follow(only, version);
  successors.set(INITIAL, [...withoutPredecessor]);
  return { successors, isTotal: false };
}

/**
 * Returns the only version that deletes can have removed, or `undefined` if there are several. A delete of an
 * absent key is recorded as a read, so every recorded delete removed a value.
 */
function onlyWrite(index: HistoryIndex, versions: KeyVersions): number | undefined {
  let only: number | undefined;
  for (const [writer, version] of versions.installs()) {
    if (versions.deletes.has(version) || index.transactions[writer]?.status === 'aborted') continue;
    if (only !== undefined || !index.isIncluded(writer)) return undefined;
    only = version;
  }
  return only;
}

/** Returns whether a transaction has committed. A delete of unknown status may have found no value. */
function isCommitted(index: HistoryIndex, transaction: number): boolean {
  return index.transactions[transaction]?.status === 'committed';
}

function* includedInstalls(index: HistoryIndex, versions: KeyVersions): Generator<[number, number]> {
  for (const install of versions.installs()) if (index.isIncluded(install[0])) yield install;
}

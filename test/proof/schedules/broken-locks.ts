import {
  type KeyRange,
  keyLocks,
  type LockHost,
  type LockManager,
  type LockMode,
  type LockOwner,
  type LockSession,
  type LockStrategy,
} from 'memstore-tx';

/** A fault of a lock strategy: replacements for methods of a `keyLocks` session. */
type Fault = (session: LockSession, owner: LockOwner, host: LockHost) => Partial<LockSession>;

/** Faults of a lock manager that the schedules must detect. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  'a read takes no lock': (session) => ({
    lock: (key, mode) => (mode === 'shared' ? undefined : session.lock(key, mode)),
  }),
  'a write takes a shared lock': (session) => ({ lock: (key) => session.lock(key, 'shared') }),
  'a shared lock is released right after it is granted': (session) => {
    let hasWritten = false;
    return {
      lock(key, mode) {
        const waiting = session.lock(key, mode);
        hasWritten ||= mode === 'exclusive';
        if (waiting === undefined && !hasWritten) session.releaseAll();
        return waiting;
      },
    };
  },
  'a reader ignores a writer that waits or holds the lock': (session) => ({
    lock(key, mode) {
      if (mode === 'exclusive') return session.lock(key, mode);
      const waiting = session.lock(key, mode);
      if (waiting === undefined) return undefined;
      waiting.catch(() => {});
      session.withdraw(new Error('passed'));
      return undefined;
    },
  }),
  'an upgrade does not wait for the other readers': (session) => {
    const held = new Set<string>();
    return {
      lock(key, mode) {
        if (mode === 'exclusive' && held.has(key)) return undefined;
        held.add(key);
        return session.lock(key, mode);
      },
    };
  },
  'a waiter is never woken': (session) => ({
    lock: (key, mode) => (session.lock(key, mode) === undefined ? undefined : forEver()),
  }),
  'a victim keeps its locks': (session) => {
    let waits = false;
    let isVictim = false;
    return {
      lock(key, mode) {
        waits = true;
        const waiting = session.lock(key, mode);
        waits = waiting !== undefined;
        return waiting;
      },
      withdraw(reason) {
        isVictim ||= waits;
        session.withdraw(reason);
      },
      releaseAll() {
        if (!isVictim) session.releaseAll();
      },
    };
  },
  'every waiter is a victim': (session, owner, host) => ({
    lock(key, mode) {
      const waiting = session.lock(key, mode);
      waiting?.catch(() => {});
      if (waiting !== undefined) host.abortVictim(owner, []);
      return waiting;
    },
  }),
  'every lock is exclusive': (session) => ({ lock: (key) => session.lock(key, 'exclusive') }),
};

/** Further faults, which only programs with a scan can detect. */
export const RANGE_FAULTS: Readonly<Record<string, Fault>> = {
  'a range is not locked': () => ({ lockRange: () => undefined }),
  'the last key of a range is not locked': (session) => ({
    lockRange: (range) => session.lockRange({ from: range.from, to: range.to?.slice(0, -1) }),
  }),
  'a range lock covers only its first key': (session) => ({
    lockRange: ({ from }: KeyRange) => session.lockRange({ from, to: `${from}\0` }),
  }),
};

/** Further faults, which only programs with a `skipLocked` scan can detect. */
export const SKIP_FAULTS: Readonly<Record<string, Fault>> = {
  'a free row is skipped': () => ({ tryLock: () => false }),
  'a locked row is not skipped': () => ({ tryLock: () => true }),
};

/** Returns `keyLocks` with a fault. */
export function brokenLocks(fault: Fault): LockStrategy {
  return {
    name: 'broken',
    create(host) {
      const manager = keyLocks().create(host);
      return withSessions(manager, (owner) => {
        const session = manager.session(owner);
        return withParts(session, fault(session, owner, host));
      });
    },
  };
}

/** A `keyLocks` strategy that rolls back the oldest transaction of a cycle instead of the youngest. */
export const oldestDies: LockStrategy = {
  name: 'broken',
  create(host) {
    const owners = new Map<number, LockOwner>();
    const manager = keyLocks().create({
      abortVictim(victim, cycle) {
        const oldest = Math.min(...cycle.map((step) => step.transactionId));
        host.abortVictim(owners.get(oldest) ?? victim, cycle);
      },
    });
    return withSessions(manager, (owner) => {
      owners.set(owner.id, owner);
      return manager.session(owner);
    });
  },
};

function withSessions(manager: LockManager, session: (owner: LockOwner) => LockSession): LockManager {
  return {
    session,
    isLocked: (key) => manager.isLocked(key),
    isIdle: () => manager.isIdle(),
    exclusiveHolder: (key) => manager.exclusiveHolder(key),
    report: () => manager.report(),
  };
}

function withParts(session: LockSession, parts: Partial<LockSession>): LockSession {
  return {
    lock: (key: string, mode: LockMode) => session.lock(key, mode),
    tryLock: (key, mode) => session.tryLock(key, mode),
    lockRange: (range) => session.lockRange(range),
    tryLockRange: (range) => session.tryLockRange(range),
    withdraw: (reason) => session.withdraw(reason),
    releaseAll: () => session.releaseAll(),
    ...parts,
  };
}

function forEver(): Promise<void> {
  return new Promise(() => {});
}

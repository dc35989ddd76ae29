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

/** How a broken strategy differs from `keyLocks`: what it puts in place of parts of a session. */
type Fault = (session: LockSession, owner: LockOwner, host: LockHost) => Partial<LockSession>;

/** What a lock manager may get wrong; the schedules must find each. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  'a read takes no lock': (session) => ({
    lock: (key, mode) => (mode === 'shared' ? undefined : session.lock(key, mode)),
  }),
  'a write takes a shared lock': (session) => ({ lock: (key) => session.lock(key, 'shared') }),
  'a lock that is read under is released at once': (session) => {
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
  'a reader passes a writer who waits or holds': (session) => ({
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
  'one who waits is never woken': (session) => ({
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
  'whoever has to wait is a victim': (session, owner, host) => ({
    lock(key, mode) {
      const waiting = session.lock(key, mode);
      waiting?.catch(() => {});
      if (waiting !== undefined) host.abortVictim(owner, []);
      return waiting;
    },
  }),
  'every lock is exclusive': (session) => ({ lock: (key) => session.lock(key, 'exclusive') }),
};

/** The same for faults that take a scan to be seen. */
export const RANGE_FAULTS: Readonly<Record<string, Fault>> = {
  'a range is not locked': () => ({ lockRange: () => undefined }),
  'the last key of a range is not locked': (session) => ({
    lockRange: (range) => session.lockRange({ from: range.from, to: range.to?.slice(0, -1) }),
  }),
  'a range lock ends with its first key': (session) => ({
    lockRange: ({ from }: KeyRange) => session.lockRange({ from, to: `${from}\0` }),
  }),
};

/** The same for faults that take a scan that skips locked rows. */
export const SKIP_FAULTS: Readonly<Record<string, Fault>> = {
  'a row that is free is skipped': () => ({ tryLock: () => false }),
  'a row that is locked is not skipped': () => ({ tryLock: () => true }),
};

/** `keyLocks` with a fault. */
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

/** `keyLocks` that rolls back the oldest of a cycle in place of the youngest. */
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

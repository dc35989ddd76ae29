"""A MemStore client on a plain socket. It needs only the standard library."""
import socket
import sys


class MemStore:
    def __init__(self, host="127.0.0.1", port=8000):
        self.socket = socket.create_connection((host, port))
        self.input = self.socket.makefile("rb")

    def __call__(self, *words):
        """Sends one command and returns its reply. Values are returned as bytes."""
        parts = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(p), p) for p in parts))
        return self.reply()

    def reply(self):
        line = self.input.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.input.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        raise ConnectionError(f"The server sent an invalid reply: {line!r}")


if __name__ == "__main__":
    store = MemStore(port=int(sys.argv[1]))
    tx = ("TX", store("BEGIN"))
    count = int(store(*tx, "GETFORUPDATE", "visits") or 0) + 1
    store(*tx, "SET", "visits", count)
    store("COMMIT", tx[1])
    print("visits:", store("GET", "visits").decode())

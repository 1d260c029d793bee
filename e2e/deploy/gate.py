"""A way to a server that can be shut, as a network is when it fails: no new connections, and an end to those that are."""

import socket
import threading


class Gate:
    """Passes connections to `port` on to `behind`, a host and its port, while it is open."""

    def __init__(self, port, behind):
        self.port, self.behind = port, behind
        self.lock = threading.Lock()
        self.listener, self.connections = None, set()
        self.open()

    def open(self):
        listener = socket.create_server(("127.0.0.1", self.port))
        with self.lock:
            self.listener = listener
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

    def shut(self):
        with self.lock:
            listener, self.listener = self.listener, None
            connections, self.connections = self.connections, set()
        for end in ([listener] if listener else []) + list(connections):
            hang_up(end)

    def accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(self.behind)
            except OSError:
                return
            with self.lock:
                passed = self.listener is listener
                if passed:
                    self.connections |= {near, far}
            if not passed:
                hang_up(near)
                hang_up(far)
                return
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.pass_on, args=(source, sink), daemon=True).start()

    def pass_on(self, source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        with self.lock:
            self.connections -= {source, sink}
        hang_up(source)
        hang_up(sink)


def hang_up(end):
    """Wakes whoever waits at this socket, which closing alone does not."""
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()

# gevent's own servers: python_gevent_net.py echo | tls KEY CERTIFICATE | udp | http BYTES. Each
# prints its port.
import socket
import sys

import gevent
from gevent.pywsgi import WSGIServer
from gevent.server import DatagramServer, StreamServer


def echo(connection, _address):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        while True:
            data = connection.recv(65536)
            if not data:
                break
            connection.sendall(data)
    except OSError:
        pass
    finally:
        connection.close()


class Udp(DatagramServer):
    def handle(self, data, address):
        self.socket.sendto(data, address)


what = sys.argv[1]
where = ("127.0.0.1", 0)
if what == "echo":
    server = StreamServer(where, echo, backlog=4096)
elif what == "tls":
    key, certificate = sys.argv[2:]
    server = StreamServer(where, echo, backlog=4096, keyfile=key, certfile=certificate)
elif what == "udp":
    server = Udp(where)
else:
    body = b"x" * int(sys.argv[2])
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]

    def hello(_environ, start_response):
        start_response("200 OK", headers)
        return [body]

    server = WSGIServer(where, hello, log=None, backlog=4096)
server.start()
print(server.server_port, flush=True)
server.serve_forever()

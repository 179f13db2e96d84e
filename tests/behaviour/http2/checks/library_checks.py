"""python3-h2, which is strict in what it takes, and Node's http2 (node_checks.js)."""
import os
import pathlib
import socket
import ssl

from site_of_clients import check, run

HERE = pathlib.Path(__file__).resolve().parent


class Talk:
    """One connection of python3-h2: every frame that is not as RFC 9113 has it is an error of its own."""

    def __init__(self, site, endpoint, port=None):
        import h2.config
        import h2.connection
        self.wire = socket.create_connection(("127.0.0.1", port or site.ports[endpoint]), 20)
        if endpoint.startswith("tls"):
            context = ssl.create_default_context(cafile=site.authority)
            context.set_alpn_protocols(["h2"])
            self.wire = context.wrap_socket(self.wire, server_hostname="localhost")
            assert self.wire.selected_alpn_protocol() == "h2"
        self.scheme = "https" if endpoint.startswith("tls") else "http"
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.heads, self.bodies, self.trailers, self.ended, self.resets, self.others = {}, {}, {}, set(), {}, []
        self.flush()

    def flush(self):
        self.wire.sendall(self.h2.data_to_send())

    def request(self, path, method="GET", body=None, fields=(), trailers=None):
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [(":method", method), (":scheme", self.scheme), (":authority", "localhost"),
                                      (":path", path), *fields], end_stream=body is None)
        self.flush()
        while body is not None:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            piece, body = body[:room], body[room:]
            if piece or not body:
                self.h2.send_data(stream, piece, end_stream=not body and not trailers)
                self.flush()
            if not body:
                break
            if room == 0:
                self.hear()
        if trailers:
            self.h2.send_headers(stream, trailers, end_stream=True)
            self.flush()
        return stream

    def hear(self):
        import h2.events as events
        data = self.wire.recv(65536)
        assert data, "the connection has ended"
        for one in self.h2.receive_data(data):
            if isinstance(one, events.ResponseReceived):
                self.heads[one.stream_id] = dict(one.headers)
            elif isinstance(one, events.DataReceived):
                self.bodies[one.stream_id] = self.bodies.get(one.stream_id, b"") + one.data
                if one.flow_controlled_length:
                    self.h2.acknowledge_received_data(one.flow_controlled_length, one.stream_id)
            elif isinstance(one, events.TrailersReceived):
                self.trailers[one.stream_id] = dict(one.headers)
            elif isinstance(one, events.StreamEnded):
                self.ended.add(one.stream_id)
            elif isinstance(one, events.StreamReset):
                self.resets[one.stream_id] = one.error_code
            else:
                self.others.append(type(one).__name__)
        self.flush()

    def answer(self, stream):
        while stream not in self.ended and stream not in self.resets:
            self.hear()
        return self.heads.get(stream, {}).get(":status"), self.bodies.get(stream, b"")


@check("python3-h2: everything once, and once more over TLS", "module h2")
def python_h2(site):
    with open(site.large, "rb") as file:
        large = file.read()
    for endpoint in site.endpoints:
        talk = Talk(site, endpoint)
        assert talk.answer(talk.request("/plaintext")) == ("200", b"Hello, World!")
        assert talk.answer(talk.request("/plaintext", "HEAD")) == ("200", b"")
        for status in ("204", "304", "404", "500"):
            assert talk.answer(talk.request(f"/status/{status}"))[0] == status
        assert talk.answer(talk.request("/bytes/3000000")) == ("200", b"x" * 3000000)
        assert talk.answer(talk.request("/echo", "POST", b"Hello")) == ("200", b"Hello")
        assert talk.answer(talk.request("/count", "POST", large)) == ("200", b"10000000")
        stream = talk.request("/trailers")
        assert talk.answer(stream) == ("200", b"Hello") and talk.trailers[stream]["grpc-status"] == "0"
        stream = talk.request("/request-trailers", "POST", b"Hello", trailers=[("x-told", "so it is")])
        assert talk.answer(stream) == ("200", b"x-told: so it is")
        stream = talk.request("/reset/11")
        assert talk.answer(stream)[0] is None and talk.resets[stream] == 11
        many = [talk.request(f"/bytes/{i * 1000}") for i in range(100)]
        for i, stream in enumerate(many):
            assert talk.answer(stream) == ("200", b"x" * i * 1000), i
        talk.wire.close()


@check("python3-h2: 1 MB up and down at the same time", "module h2")
def python_h2_both_ways(site):
    both_ways(Talk(site, "h2c"))


def both_ways(talk):
    stream = talk.h2.get_next_available_stream_id()
    talk.h2.send_headers(stream, [(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/echo")])
    sent = os.urandom(1_000_000)
    for at in range(0, len(sent), 10_000):
        while talk.h2.local_flow_control_window(stream) < 10_000:
            talk.hear()
        talk.h2.send_data(stream, sent[at:at + 10_000], end_stream=at + 10_000 == len(sent))
        talk.flush()
    assert talk.answer(stream) == ("200", sent)


@check("Node: http2", "node", "curl")
def node(site):
    for endpoint in site.endpoints:
        key = site.key()
        said = run("node", HERE / "node_checks.js", site.url(endpoint, ""), site.authority, key)
        assert said.endswith("all is well\n"), f"{endpoint}:\n{said}"
        site.was_told(key)

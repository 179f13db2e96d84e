"""gRPC's own client (python3-grpcio) with messages of raw bytes."""
import os
import threading
import time

from site_of_clients import at_once, check, wait_for

OPTIONS = [("grpc.max_receive_message_length", 1 << 27), ("grpc.max_send_message_length", 1 << 27)]


class Stub:
    """The three services, over h2c or TLS."""

    def __init__(self, site, endpoint, *options, port=None):
        import grpc
        where = f"localhost:{port or site.ports[endpoint]}"
        if endpoint.startswith("tls"):
            with open(site.authority, "rb") as file:
                trusted = grpc.ssl_channel_credentials(file.read())
            self.channel = grpc.secure_channel(where, trusted, options=OPTIONS + list(options))
        else:
            self.channel = grpc.insecure_channel(where, options=OPTIONS + list(options))
        self.echo = self.channel.unary_unary("/saker.Echo/Once")
        self.talk = self.channel.stream_stream("/saker.Echo/Talk")
        self.gather = self.channel.stream_unary("/saker.Echo/Gather")
        self.refuse = self.channel.unary_unary("/saker.Refusal/Once")
        self.wait = self.channel.unary_unary("/saker.Wait/Once")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()


def each_way(name):
    """A check over each endpoint; it gets a Stub."""
    def add(function):
        for endpoint in ("h2c", "clear", "tls"):
            needs = ["h2c beside HTTP/1.1"] if endpoint == "clear" else []

            def ask(site, endpoint=endpoint):
                with Stub(site, endpoint) as stub:
                    function(stub)
            check(f"gRPC, {endpoint}: {name}", "module grpc", *needs)(ask)
        return function
    return add


@each_way("one message, with metadata")
def one(stub):
    answer, call = stub.echo.with_call(b"Hello", metadata=[("x-asked", "this"), ("x-bytes-bin", b"\0\1\2")], timeout=20)
    assert answer == b"Hello" and dict(call.trailing_metadata())["x-told"] == "this", (answer, call.trailing_metadata())


@each_way("messages of every size")
def sizes(stub):
    for size in (0, 1, 100, 16379, 16380, 70000, 1_000_000, 20_000_000):
        sent = os.urandom(size)
        assert stub.echo(sent, timeout=40) == sent, size


@each_way("an error is a status")
def errors(stub):
    import grpc
    try:
        stub.refuse(b"Hello", timeout=20)
        assert False, "no error"
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND and error.details() == "no such thing", error
    try:
        stub.channel.unary_unary("/nobody/Once")(b"Hello", timeout=20)
        assert False, "no error"
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error  # what a client makes of 404


@each_way("500 messages to and fro")
def to_and_fro(stub):
    turn, rounds = threading.Semaphore(1), 500

    def say():
        for i in range(rounds):
            turn.acquire()
            yield b"message %d" % i
    heard = []
    for message in stub.talk(say(), timeout=40):
        heard.append(message)
        turn.release()
    assert heard == [b"message %d" % i for i in range(rounds)], len(heard)


@each_way("both sides at once, 20 MB each")
def both_at_once(stub):
    piece = os.urandom(100_000)
    heard = sum(len(message) for message in stub.talk((piece for _ in range(200)), timeout=50))
    assert heard == 20_000_000, heard


@each_way("60 calls at once, each of 50 messages")
def many(stub):
    def talk(i):
        return list(stub.talk((b"%d of %d" % (j, i) for j in range(50)), timeout=40))
    for i, heard in enumerate(at_once(60, talk)):
        assert heard == [b"%d of %d" % (j, i) for j in range(50)], i


@each_way("a deadline, and a call that is cancelled")
def gives_up(stub):
    import grpc
    try:
        stub.wait(b"", timeout=0.5)
        assert False, "no error"
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error
    call = stub.wait.future(b"")
    time.sleep(0.2)
    call.cancel()
    wait_for(call.cancelled, "it is not cancelled")
    assert stub.echo(b"Hello", timeout=20) == b"Hello"


@check("gRPC: a client that asks whether the server is there (keep-alive)", "module grpc")
def keep_alive(site):
    """Its PINGs, with and without a call, are no flood."""
    options = [("grpc.keepalive_time_ms", 1000), ("grpc.keepalive_timeout_ms", 1000),
               ("grpc.http2.max_pings_without_data", 0),
               ("grpc.keepalive_permit_without_calls", 1)]
    with Stub(site, "h2c", *options) as stub:
        assert stub.echo(b"Hello", timeout=20) == b"Hello"
        call = stub.wait.future(b"")
        time.sleep(4)
        assert not call.done(), call
        call.cancel()
        assert stub.echo(b"Hello", timeout=20) == b"Hello"


@check("gRPC: a stop of the server lets calls finish", "module grpc")
def stop(site):
    with Stub(site, "h2c") as stub:
        turn = threading.Event()

        def say():
            yield b"first"
            turn.wait(20)
            yield b"second"
        answers = stub.talk(say(), timeout=20)
        assert next(answers) == b"first"
        site.server.terminate()
        time.sleep(0.3)
        turn.set()
        assert list(answers) == [b"second"]
    site.server.process.wait(10)
    site.restart()

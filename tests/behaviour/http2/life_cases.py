"""Cases of what takes time or many frames: aborts, ends, floods, timeouts, graceful stops. Nothing here says what
the answer should be; that is what the two servers are asked for.
"""
import time

from http2_case import CLOSE, HALF_CLOSE, LISTEN, PREFACE, START, TERMINATE, case, key
from http2_wire import (ACK, Story, WINDOW_SIZE, Wire, block, continuation, data, frame, get, goaway, headers, ping,
                        post, priority,
                        request, reset, settings, window)


def was_aborted(number):
    """A function of a connection: asks on another one whether that handler knows that it was given up."""
    def ask(wire):
        for _ in range(5):
            other = Wire(wire.port, patience=0.2)
            other.send(START + get(f"/aborted/{number}"))
            other.is_alive()
            other.listen()
            said = Story(other, ("body",)).words()
            other.close()
            if "'yes'" in said:
                break
            time.sleep(0.2)
        wire.notes.append("the handler was told" if "'yes'" in said else "the handler was not told")
    return ask


def aborts():
    for name, steps in {
        "reset": (reset(),), "reset with no error": (reset(1, 0),), "the connection ends": (CLOSE,),
        "goaway": (goaway(),),
        "half-close": (HALF_CLOSE,), "a wrong frame": (window(0, 0),), "nothing": (),
        "window of the stream overflows": (window(1, 2**31 - 1),),
    }.items():
        for how in ("wait", "stream-wait"):
            number = key()
            case(f"abort: {how}: {name}", get(f"/{how}/{number}"), LISTEN, *steps, LISTEN, was_aborted(number),
                 asked=CLOSE not in steps)
    number = key()
    case("abort: with a body", post(f"/wait/{number}"), data(b"Hello", end=False), LISTEN, reset(), LISTEN,
         was_aborted(number))
    case("abort: behind the answer", get(), LISTEN, reset(), LISTEN, get(stream=3))
    case("abort: an echo", post(), data(b"Hello", end=False), LISTEN, reset(), LISTEN, get(stream=3))
    case("abort: one of two", get("/delay/300"), get("/delay/300", stream=3), reset(), 1.0)


def ends():
    case("end: half-close behind a request", get(), HALF_CLOSE, asked=False)
    case("end: half-close while it is answered", get("/delay/300"), LISTEN, HALF_CLOSE, 1.0, asked=False)
    case("end: half-close in a body", post(), data(b"Hello", end=False), LISTEN, HALF_CLOSE, asked=False)
    case("end: half-close in a frame", get()[:20], HALF_CLOSE, asked=False)
    case("end: half-close, nothing open", get(), LISTEN, HALF_CLOSE, asked=False)
    case("end: half-close at once", HALF_CLOSE, asked=False)
    case("end: goaway, nothing open", goaway(), LISTEN)
    case("end: goaway while it is answered", get("/delay/300"), goaway(), 1.0)
    case("end: goaway, then a request", goaway(), LISTEN, get(), LISTEN)
    case("end: goaway while it is answered, then a request", get("/delay/300"), goaway(), get(stream=3), 1.0)
    case("end: goaway with an error while it is answered", get("/delay/300"), goaway(code=1), 1.0)
    case("end: goaway twice", goaway(), goaway(), LISTEN)
    case("end: an error while it is answered", get("/delay/300"), LISTEN, window(0, 0), 1.0)
    case("end: an error behind answers", get(), get(stream=3), LISTEN, ping(stream=1), LISTEN)


def floods():
    def flood(name, *steps, **others):
        case("flood: " + name, *steps, shows=("many",), **others)
    many = [step for i in range(5) for step in (b"".join(get("/wait/1", stream=1 + 2 * (40 * i + j))
                                                         + reset(1 + 2 * (40 * i + j))
                                                         for j in range(40)), LISTEN)]
    flood("200 requests reset", *many)
    flood("1000 requests reset", b"".join(get("/wait/1", stream=1 + 2 * i)
                                                + reset(1 + 2 * i) for i in range(1000)), 1.0)
    flood("1000 quick requests reset", b"".join(get(stream=1 + 2 * i) + reset(1 + 2 * i) for i in range(1000)),
         1.0, asked=False)
    flood("500 streams that the server resets", b"".join(get("/wait/1", stream=1 + 2 * i)
                                                               + window(1 + 2 * i, 2**31 - 1)
                                                              for i in range(500)), 1.0, asked=False)
    flood("500 wrong requests", b"".join(get("wrong", stream=1 + 2 * i) for i in range(500)), 1.0)
    for name, one in {"pings": ping(), "settings": settings(), "empty data": data(stream=1, end=False),
                      "priorities": priority(5),
                      "windows": window(0, 1), "unknown frames": frame(99), "goaways": goaway(),
                      "acks": settings(flags=ACK)}.items():
        flood(f"2000 {name}", post("/wait/1"), one * 2000, 1.0)
    flood("20000 pings", ping() * 20000, 1.0)
    flood("20000 settings", settings([(WINDOW_SIZE, 70000)]) * 20000, 1.0)
    flood("20000 empty data", post("/wait/1"), data(end=False) * 20000, 1.0)
    flood("20000 empty continuations", headers(block(request()), whole=False),
         continuation(b"", whole=False) * 20000, continuation(b""), 1.0)
    flood("continuations of 1 MB", headers(block(request()), whole=False),
         continuation([("a", "b" * 16000)], whole=False) * 64, LISTEN, asked=False)
    flood("2000 refused streams", b"".join(get("/wait/1", stream=1 + 2 * i) for i in range(2000)), 1.0,
         asked=False)


def timeouts():
    """Of 2 s each; the settings of the server "quick"."""
    quick = {"server": "quick", "asked": False}
    case("timeout: nothing is said", 6.0, start=b"", **quick)
    case("timeout: half a preface", 6.0, start=PREFACE[:9], **quick)
    case("timeout: only the preface", 6.0, start=PREFACE, shows=("pings",), **quick)
    case("timeout: idle from the start", 6.0, **quick)
    case("timeout: idle behind an answer", get(), 6.0, **quick)
    case("timeout: idle, kept by pings", *[step for _ in range(5) for step in (1.0, ping())], **quick)
    case("timeout: idle, kept by settings", *[step for _ in range(7) for step in (1.0, settings())], **quick)
    case("timeout: a request is answered slowly", get("/delay/4000"), 4.5, **quick)
    case("timeout: half a block", headers(block(request()), whole=False), 6.0, **quick)
    case("timeout: half a block, beside a request", get("/wait/1"), headers(block(request()), 3, whole=False), 6.0,
         **quick)
    case("timeout: continuations drip", headers(b"", whole=False),
         *[step for _ in range(8) for step in (continuation(b"", whole=False), 0.8)], **quick)
    case("timeout: half of trailers", post(), headers([("a", "b")], whole=False), 7.0, **quick)
    case("timeout: half a frame of a request", get()[:12], 6.0, **quick)
    case("timeout: a body that does not come", post("/count"), 8.0, **quick)
    case("timeout: a body that stops", post("/count"), data(bytes(100), end=False), 8.0, **quick)
    case("timeout: a body that drips", post("/count"), *[step for _ in range(14)
                                                         for step in (data(b"a", end=False), 0.5)], **quick)
    case("timeout: a body nobody reads", post("/delay/6000"), 8.0, **quick)
    case("timeout: an answer nobody takes", settings([(WINDOW_SIZE, 0)]), get("/bytes/100000"), 9.0, **quick)
    case("timeout: a body behind its answer", post("/unread"), 8.0, **quick)
    lonely = {"server": "pings", "asked": False, "shows": ("pings",)}
    case("keep-alive: pings are not answered", 5.0, **lonely)
    case("keep-alive: pings are not answered, other frames come",
         *[step for _ in range(8) for step in (0.6, window(0, 1))], **lonely)
    case("keep-alive: pings are not answered, beside a request", get("/wait/1"), 5.0, **lonely)
    case("keep-alive: pings are answered", 5.0, server="pings")


def stops():
    """A server of its own that is told to stop."""
    alone = {"server": "stopping", "asked": False}
    case("stop: idle", LISTEN, TERMINATE, 2.0, **alone)
    case("stop: idle behind an answer", get(), LISTEN, TERMINATE, 2.0, **alone)
    case("stop: before the preface", LISTEN, TERMINATE, 2.0, start=b"", **alone)
    case("stop: while it is answered", get("/delay/1500"), LISTEN, TERMINATE, 3.0, **alone)
    case("stop: while it is answered, then a ping", get("/delay/1000"), LISTEN, TERMINATE, 1.5, ping(), 1.0, **alone)
    case("stop: while it is answered, and a new request", get("/delay/1500"), LISTEN, TERMINATE, LISTEN, get(stream=3),
         3.0, **alone)
    case("stop: while a body comes", post("/echo"), data(b"Hello", end=False), LISTEN, TERMINATE, LISTEN,
         data(b"World"), 2.0, **alone)
    case("stop: a handler that waits", get("/wait/1"), LISTEN, TERMINATE, 4.0, **alone)
    case("stop: two requests, one waits for its window", settings([(WINDOW_SIZE, 10)]), get("/bytes/100"),
         get("/delay/1000", stream=3), LISTEN, TERMINATE,
         1.5, window(1, 200), 2.0, **alone)
    case("stop: half a block", headers(block(request()), whole=False), LISTEN, TERMINATE, LISTEN, continuation(b""),
         3.0, **alone)

"""A case: what is said to both servers, under a name. It is bytes and steps: seconds to listen, what to do with
the connection, or a function of it. Where they end the connection is asked whether it lives.
"""
from http2_wire import ACK, PREFACE, settings

START = PREFACE + settings() + settings(flags=ACK)
LISTEN, HALF_CLOSE, CLOSE, TERMINATE = "listen", "half close", "close", "terminate"
CASES = {}


class Case:
    """`server` is one of http2_servers.SETTINGS; `shows` what is told beyond the usual; not `asked`: no PING at
    the end.
    """

    def __init__(self, steps, server, endpoint, start, shows, asked, tls):
        self.steps, self.server, self.endpoint, self.start = steps, server, endpoint, start
        self.shows, self.asked, self.tls = shows, asked, tls


def case(name, *steps, server="usual", endpoint="h2c", start=START, shows=(), asked=True, tls=None):
    assert name not in CASES, name
    CASES[name] = Case(steps, server, endpoint, start, shows, asked, tls)


def key():
    """A number of its own for a case that asks later what became of its handler."""
    return 1000 + len(CASES)

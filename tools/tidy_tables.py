"""What tools/tidy.py checks, as data: arrows, doors, sizes, names. Where a rule makes code worse, change
it here and say why beside it. The design that the tables repeat is described in docs/.
"""

# Private includes are written from the repository's root, so each include is an arrow: room -> what
# it may include besides itself. A room that is not here may include nothing. Public headers count as
# the room that keeps their promise (PUBLIC).
BASE = ["core/base"]
MEMORY = ["core/memory"] + BASE
TASK = ["core/task"] + MEMORY
CONTRACT = ["core/io"] + MEMORY
PIPE = ["core/pipe"] + TASK
REACTOR = ["core/reactor", "core/time"] + CONTRACT + TASK
CONNECTION = ["core/connection"] + REACTOR + PIPE
# What a protocol gets is a connection: pipes, timeouts, an id; never operations or transports.
HTTP_NEEDS = ["core/connection", "core/time"] + PIPE
# Hosting knows the list of transports, and the one in memory for `test_client`.
HOSTING = ["hosting", "hosting/diagnostics", "transports", "transports/memory", "protocols/http",
           "protocols/http1", "protocols/http2", "protocols/tls", "protocols"] + CONNECTION
TRANSPORTS = ["transports/posix", "transports/epoll", "transports/io_uring", "transports/memory"]
# What a server does while it runs; beside hosting, not below it.
LIFE = ["hosting/life"]
EVERYTHING = HOSTING + LIFE + TRANSPORTS + ["tests", "tools/saker"]
ARROWS = {
    "include/saker": [],
    "core/base": [],
    "core/memory": BASE,
    "core/time": BASE,
    "core/task": MEMORY,
    "core/io": MEMORY,
    "core/pipe": TASK,
    "core/reactor": ["core/time"] + CONTRACT + TASK,
    "core/connection": REACTOR + PIPE,
    "transports/posix": CONTRACT,
    "transports/epoll": ["transports/posix"] + CONTRACT,
    "transports/io_uring": ["transports/posix"] + CONTRACT,
    "transports/memory": CONTRACT,
    "transports": TRANSPORTS + CONTRACT,
    "protocols/http": HTTP_NEEDS,
    "protocols/http1": ["protocols/http"] + HTTP_NEEDS,
    "protocols/http2": ["protocols/http"] + HTTP_NEEDS,
    "protocols/tls": ["protocols/http"] + HTTP_NEEDS,
    "protocols": ["protocols/http1", "protocols/http2", "protocols/tls", "protocols/http"] + HTTP_NEEDS,
    "hosting": [room for room in HOSTING if room != "hosting"] + LIFE,
    "hosting/life": HOSTING,
    # Measures what cores and protocols tell; knows nothing of servers.
    "hosting/diagnostics": ["protocols/http"] + CONNECTION,
    "tools/saker": HOSTING,
    "examples": ["public"],
    "tests/consumer/host": ["public"],
    "tests": EVERYTHING,
    "bench": EVERYTHING,
}
PUBLIC = {
    # Limits are plain numbers: read by everything that keeps them.
    "core/base": ["assert.h", "result.h", "version.h", "log.h", "end_reason.h", "limits.h"],
    "core/memory": ["buffer.h"],
    "core/task": ["task.h"],
    "core/pipe": ["pipe.h"],
    "core/io": ["transport.h"],
    "core/reactor": ["async.h"],
    "core/connection": ["connection.h", "connection_logging.h"],
    "protocols/tls": ["certificate.h", "https.h"],
    # Options are plain data: read by hosting and by the protocols that they limit.
    "protocols/http": ["body.h", "request.h", "response.h", "router.h", "options.h"],
    "hosting": ["server.h", "health.h", "metrics.h", "configuration.h", "test_client.h", "saker.h"],
}
# Each third-party or system header has one door: pattern -> who may include it.
DOORS = {
    "liburing*": ["transports/io_uring/*", "tests/transport/*", "tools/saker/*"],
    "linux/io_uring*": ["transports/io_uring/*", "tools/saker/*"],
    "sys/epoll.h": ["transports/epoll/*", "bench/load/*"],
    "mimalloc*": [],
    "gtest/*": ["tests/*"],
    "gmock/*": [],
    "benchmark/*": ["bench/*"],
    "openssl/*": ["protocols/tls/*", "tests/support/tls_*", "tests/fuzz/tls_*", "tests/protocols/*",
                  "bench/*"],
    "nghttp2/*": ["protocols/http2/nghttp2_session.*", "tests/support/http2_*"],
    "simdjson*": ["hosting/configuration/json_source.cc"],
    "uv.h": ["transports/libuv-legacy/*"],
    "sys/mman.h": ["core/memory/pages_posix.cc", "transports/io_uring/*", "tests/*"],
    # The engine knows no system call but the clock; what threads and pages need is named here, what
    # hands a connection's keys to the kernel, the development certificate, which is kept by a lock,
    # with permissions, and renamed into place, and files of keys, which are not to be inherited.
    "sys/*": ["core/memory/pages_posix.cc", "core/reactor/*.cc", "protocols/tls/kernel_*.cc",
              "protocols/tls/development_certificate.cc", "protocols/tls/certificates/read_file.cc",
              "transports/*", "hosting/*", "tools/*", "tests/*", "bench/*"],
    "unistd.h": ["core/memory/pages_posix.cc", "core/reactor/*.cc", "core/base/*.cc",
                 "protocols/tls/kernel_keys.cc", "protocols/tls/development_certificate.cc",
                 "protocols/tls/certificates/read_file.cc", "transports/*", "hosting/*", "tools/*", "tests/*",
                 "bench/*"],
    "netinet/*": ["protocols/tls/kernel_keys.cc", "transports/*", "hosting/*", "tests/*", "tools/*",
                  "bench/*"],
    # Text to bytes of an address and back, no system call: what a client is, for the cap on its
    # connections; what a certificate is for.
    "arpa/*": ["core/connection/admission.cc", "protocols/tls/certificates/facts.cc",
               "protocols/tls/kernel_keys.cc", "transports/*", "hosting/*", "tests/*", "tools/*",
               "bench/*"],
}
CORE_HEADERS_AVOID = ["iostream", "regex", "filesystem", "ranges", "thread", "functional"]

FILE_ASKS, FILE_FAILS, FUNCTION_FAILS, CODE_WIDTH, SCRIPT_WIDTH, FOLDER_FAILS = 400, 600, 70, 100, 120, 14
# A file above FILE_ASKS lines, and why it is not two.
LONG_FILES = {
    "hosting/diagnostics/metrics_page.cc": "one table of all families, and what writes each of them",
    "transports/epoll/epoll_transport.cc": "one class, which is read from its top to its end",
    "tests/conformance/http2_floods_test.cc": "the attacks that are known by name, all in one place",
    "tests/transport/promises_test.cc": "the promises of the seam, all in one place",
}
# Folders whose number of things is no sign of a mixture.
WIDE_FOLDERS = ["tests/*", "include/saker", "docs/*", "bench/*", "examples"]
# Written by a program (tools/generate), or bytes on purpose.
GENERATED = ["protocols/http/header_names.*", "tests/fuzz/corpus/*", "tests/support/vectors/*"]

# pattern, what it is, remedy, and what before it makes it all right (another library's name).
NAMES = [
    (r"\b[gs]et_(?!return_object|future\b|if\b|id\b|deleter|terminate|new_handler|exception|value\b)[a-z]\w*",
     "a get_ or set_ in a name", "name what it is (`size()`) or what is done (`resize()`)", r"::\s*$"),
    (r"\b(?:\w+(?:Manager|Helper|Utils?|Impl)|\w+_(?:manager|helper|utils?|impl))\b",
     "a name that says nothing", "name what it does", None),
    (r"\b(?:class|struct|enum(?:\s+class)?)\s+[A-Z]\w*", "a type in capitals", "types are snake_case",
     r"template\s*<[^>]*$"),
    (r"^\s*#\s*define\s+(?!SAKER_)[A-Za-z_]\w*", "a macro without SAKER_",
     "a constant or a function will do, or SAKER_", None),
]
NAMES_EXEMPT = {r"^\s*#\s*define": ["tests/*", "bench/*", "*.cc"]}

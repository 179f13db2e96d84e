// See load_options.h.

#include "bench/load/load_options.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace saker::load {

namespace {

constexpr char usage[] =
    R"(usage: saker_tls_load MODE --connect HOST:PORT [options]

Modes (HOST is an IPv4 address; certificates are not verified):
  full        connect, full handshake, one GET, close; again and again
  resumed     the same, each resumes the session of the last full handshake
  keepalive   requests one after another on each connection
  rate        an open loop of --rate requests/s over kept connections, latencies from the intended
              send time; with --handshakes that many full handshakes (and a GET each) a second
              beside it. With --plain also wire_*: from the real send to the kernel's receipt,
              without what the handshakes cost this client
  download    GETs of --size bytes, one after another on each connection
  upload      POSTs of --size bytes, one after another on each connection
  idle        opens the connections, one GET each, prints, and holds them

Options:
  --connect HOST:PORT            where to
  --handshake-connect HOST:PORT  of --handshakes (the same); always TLS
  --plain                        no TLS at --connect
  --tls 1.2|1.3                  only this version (both)
  --ciphers LIST                 names of OpenSSL: of TLS 1.3 with --tls 1.3, else of TLS 1.2
  --groups LIST                  key exchanges (X25519:P-256)
  --connections N                at once (64)
  --seconds S                    that are counted (5), at most 3600; idle: that they are held
  --warm S                       before, that are not counted (0.5)
  --count N                      ends after so many answers that are counted
  --path PATH                    (/plaintext; /bytes/SIZE and /upload for bodies)
  --rate R                       requests a second
  --handshakes H                 handshakes a second beside rate
  --size BYTES                   of a body (65536)
  --pid PID                      a server whose processor time is told, too
)";

}  // namespace

[[noreturn]] void refuse(const std::string& why) {
    std::fprintf(stderr, "saker_tls_load: %s (--help)\n", why.c_str());
    std::exit(2);
}

namespace {

sockaddr_in address_of(std::string_view text) {
    sockaddr_in made{};
    made.sin_family = AF_INET;
    const size_t colon = text.rfind(':');
    unsigned port = 0;
    if (colon != text.npos)
        std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
    const std::string host(text.substr(0, colon));
    if (port == 0 || port > 65535 || inet_pton(AF_INET, host.c_str(), &made.sin_addr) != 1)
        refuse("not IPV4:PORT: " + std::string(text));
    made.sin_port = htons(static_cast<uint16_t>(port));
    return made;
}

double number_of(std::string_view text, double most) {
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || number < 0 ||
        number > most)
        refuse("not a number from 0 to " + std::to_string(most) + ": " + std::string(text));
    return number;
}

int version_of(std::string_view text) {
    if (text != "1.2" && text != "1.3") refuse("--tls is 1.2 or 1.3");
    return text == "1.2" ? TLS1_2_VERSION : TLS1_3_VERSION;
}

void read_option(load_options& into, std::string_view name, std::string_view value) {
    struct numeric {
        std::string_view name;
        double load_options::*where;
        double most;
    };
    static constexpr numeric numbers[] = {{"--connections", &load_options::connections, 100'000},
                                          {"--seconds", &load_options::seconds, 3600},
                                          {"--warm", &load_options::warm, 60},
                                          {"--count", &load_options::count, 1e12},
                                          {"--rate", &load_options::rate, 1e7},
                                          {"--handshakes", &load_options::handshakes, 1e6},
                                          {"--size", &load_options::size, 1e10},
                                          {"--pid", &load_options::pid, 1e9}};
    for (const numeric& each : numbers)
        if (each.name == name) {
            into.*each.where = number_of(value, each.most);
            return;
        }
    if (name == "--connect")
        into.connect = address_of(value);
    else if (name == "--handshake-connect")
        into.handshake_connect = address_of(value);
    else if (name == "--tls")
        into.version = version_of(value);
    else if (name == "--ciphers")
        into.ciphers = value;
    else if (name == "--groups")
        into.groups = value;
    else if (name == "--path")
        into.path = value;
    else
        refuse("no such option: " + std::string(name));
}

}  // namespace

load_options read_options(const std::vector<std::string_view>& given) {
    load_options made;
    if (given.empty() || std::count(given.begin(), given.end(), "--help") > 0) {
        std::fputs(usage, given.empty() ? stderr : stdout);
        std::exit(given.empty() ? 2 : 0);
    }
    const auto* name = std::find(mode_names.begin(), mode_names.end(), given[0]);
    if (name == mode_names.end()) refuse("no such mode: " + std::string(given[0]));
    made.mode = static_cast<mode>(name - mode_names.begin());
    for (size_t at = 1; at < given.size(); ++at) {
        if (given[at] == "--plain") {
            made.plain = true;
        } else {
            if (at + 1 == given.size()) refuse(std::string(given[at]) + " needs a value");
            read_option(made, given[at], given[at + 1]);
            ++at;
        }
    }
    if (made.connect.sin_port == 0) refuse("--connect is missing");
    if (made.handshake_connect.sin_port == 0) made.handshake_connect = made.connect;
    if (made.mode == mode::rate && made.rate == 0) refuse("rate needs --rate");
    if (made.mode != mode::rate && made.handshakes > 0) refuse("--handshakes are for rate");
    if (made.connections < 1) refuse("--connections is at least 1");
    const std::string size = std::to_string(static_cast<uint64_t>(made.size));
    if (made.path.empty())
        made.path = made.mode == mode::download ? "/bytes/" + size
                    : made.mode == mode::upload ? "/upload"
                                                : "/plaintext";
    return made;
}

}  // namespace saker::load

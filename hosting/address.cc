// The grammar of kestrel.md 1.8: scheme://host[:port][/], with unix: as a host of its own kind. The
// host is looked at for three words (localhost, *, unix:), then as a literal; any other name means
// every address, as with Kestrel, which does not match host names either.

#include "hosting/address.h"

#include "core/base/log.h"
#include "protocols/http/characters.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>
#include <optional>

namespace saker {

namespace {

constexpr size_t longest_unix_path = 107;  // sun_path with its terminator is 108

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return out;
}

std::string in_quotes(std::string_view text) { return '\'' + escape(text) + '\''; }

error invalid(std::string_view url, std::string_view why) {
    return error("Invalid url: " + in_quotes(url) + ". " + std::string(why));
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) noexcept {
    Number value{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failure != std::errc() || end != text.data() + text.size()) return {};
    return value;
}

bool only(std::string_view text, std::string_view these) noexcept {
    return !text.empty() && text.find_first_not_of(these) == std::string_view::npos;
}

bool plausible_name(std::string_view host) noexcept {
    return only(host, "abcdefghijklmnopqrstuvwxyz0123456789-._~");
}

endpoint tcp4(const char* address, uint16_t port) {
    endpoint made;
    made.family = endpoint::kind::tcp4;
    made.port = port;
    inet_pton(AF_INET, address, made.address);
    return made;
}

endpoint tcp6(const char* address, uint16_t port, bool dual_stack = false) {
    endpoint made;
    made.family = endpoint::kind::tcp6;
    made.port = port;
    made.dual_stack = dual_stack;
    inet_pton(AF_INET6, address, made.address);
    return made;
}

// "eth0" or "2", with the percent sign as it is or, as in a URL, as "%25".
std::optional<uint32_t> scope_of(std::string_view zone) {
    if (zone.starts_with("25") && zone.size() > 2) zone.remove_prefix(2);
    if (const auto number = whole_number<uint32_t>(zone)) return number;
    const uint32_t index = if_nametoindex(std::string(zone).c_str());
    return index != 0 ? std::optional(index) : std::nullopt;
}

std::optional<address_scheme> scheme_called(std::string_view given) noexcept {
    for (const auto one : {address_scheme::http, address_scheme::https, address_scheme::tcp})
        if (name(one) == given) return one;
    return std::nullopt;
}

// What a URL says, before it is known what its host means.
struct pieces {
    address_scheme scheme = address_scheme::http;
    std::string_view host;  // without brackets
    bool bracketed = false;
    std::optional<std::string_view> port;
};

error path_base(std::string_view url) {
    return error(
        "A path base can only be configured by the patterns of routes, not in an address: " +
        in_quotes(url) + '.');
}

result<pieces> take_apart(std::string_view url, std::string_view rest, address_scheme scheme) {
    const size_t slash = rest.find('/');
    if (slash != std::string_view::npos) {
        if (slash + 1 != rest.size()) return path_base(url);
        rest.remove_suffix(1);
    }
    pieces found{.scheme = scheme, .host = rest, .bracketed = false, .port = {}};
    if (rest.starts_with('[')) {
        const size_t close = rest.find(']');
        if (close == std::string_view::npos) return invalid(url, "The bracket is not closed.");
        found.host = rest.substr(1, close - 1);
        found.bracketed = true;
        rest.remove_prefix(close + 1);
        if (!rest.empty() && !rest.starts_with(':'))
            return invalid(url, "After the bracket comes a colon and the port.");
        if (!rest.empty()) found.port = rest.substr(1);
    } else if (const size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
        found.host = rest.substr(0, colon);
        found.port = rest.substr(colon + 1);
        if (found.host.find(':') != std::string_view::npos)
            return invalid(url, "An IPv6 address is written in brackets: http://[::1]:8080.");
    }
    if (found.host.empty()) return invalid(url, "The host is missing: http://127.0.0.1:8080.");
    return found;
}

result<uint16_t> port_of(std::string_view url, const pieces& of) {
    if (!of.port) {
        if (of.scheme == address_scheme::http) return uint16_t{80};
        if (of.scheme == address_scheme::https) return uint16_t{443};
        return invalid(url, "The port is missing: tcp:// has no default.");
    }
    if (!only(*of.port, "0123456789"))
        return error("Invalid port: " + in_quotes(*of.port) + ", only numbers are allowed, in " +
                     in_quotes(url) + '.');
    const auto port = whole_number<uint16_t>(*of.port);
    if (!port)
        return error("Invalid port: " + in_quotes(*of.port) + " is not between 0 and 65535, in " +
                     in_quotes(url) + '.');
    return *port;
}

result<endpoint> literal6(std::string_view url, std::string_view host, uint16_t port) {
    endpoint made = tcp6("::", port);
    const size_t percent = host.find('%');
    if (inet_pton(AF_INET6, std::string(host.substr(0, percent)).c_str(), made.address) != 1)
        return invalid(url, "In brackets stands an IPv6 address.");
    if (percent != std::string_view::npos) {
        const auto scope = scope_of(host.substr(percent + 1));
        if (!scope)
            return invalid(
                url, "There is no network interface " + in_quotes(host.substr(percent + 1)) + '.');
        made.scope_id = *scope;
    }
    static constexpr uint8_t any[16] = {};
    made.dual_stack = std::memcmp(made.address, any, sizeof any) == 0;  // as Kestrel's IPv6Any
    return made;
}

result<parsed_address> unix_socket(std::string_view url, std::string_view path,
                                   address_scheme scheme) {
    if (!path.starts_with('/'))
        return error("Invalid url, unix socket path must be absolute: " + in_quotes(url) + '.');
    if (const size_t colon = path.find(':'); colon != std::string_view::npos) {
        const std::string_view base = path.substr(colon + 1);
        if (!base.empty() && base != "/") return path_base(url);
        path = path.substr(0, colon);
    }
    if (path.size() < 2 || path.ends_with('/'))
        return invalid(url, "The path of a unix socket is that of a file.");
    if (path.size() > longest_unix_path)
        return invalid(url, "The path of a unix socket has at most 107 bytes.");
    parsed_address made{.scheme = scheme,
                        .meaning = parsed_address::kind::unix_socket,
                        .endpoints = {},
                        .text = {}};
    endpoint& only_one = made.endpoints.emplace_back();
    only_one.family = endpoint::kind::unix_socket;
    only_one.path = path;
    made.text = display(only_one, scheme);
    return made;
}

result<parsed_address> ip_address(std::string_view url, const pieces& parts, uint16_t port) {
    parsed_address made{
        .scheme = parts.scheme, .meaning = parsed_address::kind::one, .endpoints = {}, .text = {}};
    const std::string host = lower(parts.host);
    if (parts.bracketed) {
        auto literal = literal6(url, parts.host, port);
        if (!literal) return literal.error();
        made.endpoints.push_back(std::move(*literal));
        made.text = display(made.endpoints.front(), parts.scheme);
        return made;
    }
    made.text = std::string(name(parts.scheme)) + "://" + host + ':' + std::to_string(port);
    if (host == "localhost" || (host.size() > 10 && host.ends_with(".localhost"))) {
        if (port == 0)
            return error(
                "Dynamic port binding is not supported when binding to localhost. You must "
                "either bind to 127.0.0.1:0 or [::1]:0, or both.");
        made.meaning = parsed_address::kind::loopback;
        made.endpoints = {tcp4("127.0.0.1", port), tcp6("::1", port)};
    } else if (endpoint literal = tcp4("0.0.0.0", port);
               inet_pton(AF_INET, host.c_str(), literal.address) == 1) {
        made.endpoints.push_back(std::move(literal));
    } else if (only(host, "0123456789.")) {
        return invalid(url, "An IPv4 address has four numbers up to 255.");
    } else if (host == "*" || host == "+" || plausible_name(host)) {
        made.meaning = parsed_address::kind::any;
        made.endpoints = {tcp6("::", port, true), tcp4("0.0.0.0", port)};
    } else {
        return invalid(url, "The host is an address, localhost, * or a name.");
    }
    return made;
}

}  // namespace

std::string_view name(address_scheme scheme) noexcept {
    switch (scheme) {
        case address_scheme::tcp: return "tcp";
        case address_scheme::https: return "https";
        case address_scheme::http: break;
    }
    return "http";
}

result<parsed_address> parse_address(std::string_view url) {
    // The system would cut a name, a path or a literal at a NUL.
    if (has_control_character(url)) return invalid(url, "It has no control characters.");
    const size_t delimiter = url.find("://");
    if (delimiter == std::string_view::npos)
        return invalid(url,
                       "It begins with http:// or https:// (or with tcp://, for a raw protocol).");
    const std::string given = lower(url.substr(0, delimiter));
    const auto scheme = scheme_called(given);
    if (!scheme)
        return error("Unrecognized scheme in server address " + in_quotes(url) +
                     ". Only 'http://', 'https://' and, for raw protocols, 'tcp://' are "
                     "supported.");
    const std::string_view rest = url.substr(delimiter + 3);
    constexpr std::string_view unix_prefix = "unix:";
    // "unix:80" is the port of a host called unix, as with Kestrel.
    if (rest.starts_with(unix_prefix) && !only(rest.substr(unix_prefix.size()), "0123456789"))
        return unix_socket(url, rest.substr(unix_prefix.size()), *scheme);
    if (rest.starts_with("pipe:/"))
        return error("Named pipes transport requires a Windows operating system: " +
                     in_quotes(url) + ". A unix socket is http://unix:/run/app.sock.");
    auto parts = take_apart(url, rest, *scheme);
    if (!parts) return parts.error();
    const auto port = port_of(url, *parts);
    if (!port) return port.error();
    return ip_address(url, *parts, *port);
}

std::string display(const endpoint& shown, address_scheme scheme) {
    std::string text = std::string(name(scheme)) + "://";
    char address[INET6_ADDRSTRLEN] = {};
    switch (shown.family) {
        case endpoint::kind::tcp4:
            inet_ntop(AF_INET, shown.address, address, sizeof address);
            return text + address + ':' + std::to_string(shown.port);
        case endpoint::kind::tcp6: {
            inet_ntop(AF_INET6, shown.address, address, sizeof address);
            text += '[';
            text += address;
            char interface[IF_NAMESIZE] = {};
            if (shown.scope_id != 0)
                text += '%' + (if_indextoname(shown.scope_id, interface) != nullptr
                                   ? std::string(interface)
                                   : std::to_string(shown.scope_id));
            return text + "]:" + std::to_string(shown.port);
        }
        case endpoint::kind::unix_socket: return text + "unix:" + shown.path;
        case endpoint::kind::handle: break;
    }
    return text + "<handle " + std::to_string(shown.handle) + '>';
}

}  // namespace saker

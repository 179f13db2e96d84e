// Decoding never makes a text longer, so all of it works in place. Order matters and is Kestrel's:
// percent-decoding first, dot segments after it, so that "/%2e%2e/" cannot climb.

#include "protocols/http/target.h"

#include "protocols/http/characters.h"
#include "protocols/http/field_value.h"

#include <algorithm>
#include <cstring>

namespace saker {
namespace {

// The byte that "%xx" at `at` stands for, or -1.
int decode_triplet(std::string_view text, size_t at) noexcept {
    if (at + 2 >= text.size() || text[at] != '%') return -1;
    const int high = hex_value(text[at + 1]);
    const int low = hex_value(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// How many encoded bytes at `at` are one UTF-8 sequence; they go into `bytes`. 0: none.
size_t decode_sequence(std::string_view text, size_t at, char (&bytes)[4]) noexcept {
    size_t count = 0;
    for (; count < 4; ++count) {
        const int byte = decode_triplet(text, at + 3 * count);
        if (byte < 0) break;
        bytes[count] = static_cast<char>(byte);
    }
    return utf8_sequence_size({bytes, count});
}

std::string_view without_default_port(std::string_view host, bool https) noexcept {
    const std::string_view port = https ? ":443" : ":80";
    if (host.size() > port.size() && host.substr(host.size() - port.size()) == port) {
        host.remove_suffix(port.size());
    }
    return host;
}

bool is_valid_port(std::string_view text) noexcept {
    return text.size() >= 2 && text[0] == ':' && all_class(text.substr(1), digit);
}

bool is_valid_ipv6_host(std::string_view host) noexcept {
    const size_t end = host.find(']');
    if (end == std::string_view::npos || end < 3) return false;  // "[::]" is the shortest
    for (const char c : host.substr(1, end - 1)) {
        if (c != ':' && c != '.' && !is_class(c, hex_digit)) return false;
    }
    return end + 1 == host.size() || is_valid_port(host.substr(end + 1));
}

}  // namespace

bool needs_decoding(std::string_view raw_path) noexcept {
    char before = 0;
    for (const char c : raw_path) {
        if (c == '%' || (c == '.' && before == '/')) return true;
        before = c;
    }
    return false;
}

decoded_path decode_path(std::string_view raw_path, char* out) noexcept {
    size_t size = 0;
    for (size_t at = 0; at < raw_path.size();) {
        const int byte = decode_triplet(raw_path, at);
        if (byte == 0) return {0, rejection_reason::invalid_request_target};
        char bytes[4];
        const size_t count = byte < 0 || byte == '/' ? 0 : decode_sequence(raw_path, at, bytes);
        if (count == 0) {  // an ordinary character, or an encoding that stays as it is
            out[size++] = raw_path[at++];
            continue;
        }
        std::memcpy(out + size, bytes, count);
        size += count;
        at += 3 * count;
    }
    return {remove_dot_segments(out, size), rejection_reason::none};
}

size_t remove_dot_segments(char* path, size_t size) noexcept {
    if (size == 0 || path[0] != '/') return size;
    size_t written = 0;
    for (size_t at = 0; at < size;) {
        // A segment is a '/' and what is behind it, up to the next one.
        const void* slash = std::memchr(path + at + 1, '/', size - at - 1);
        const size_t end =
            slash ? static_cast<size_t>(static_cast<const char*>(slash) - path) : size;
        const std::string_view segment(path + at + 1, end - at - 1);
        const bool up = segment == "..";
        if (up || segment == ".") {
            while (up && written > 0 && path[--written] != '/') continue;
            if (end == size) path[written++] = '/';
        } else {
            std::memmove(path + written, path + at, end - at);
            written += end - at;
        }
        at = end;
    }
    if (written == 0) path[written++] = '/';
    return written;
}

bool next_query_pair(std::string_view& rest, query_pair& pair) noexcept {
    while (!rest.empty()) {
        const size_t end = rest.find('&');
        const std::string_view text = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (text.empty()) continue;
        const size_t equal = text.find('=');
        pair.name = text.substr(0, equal);
        pair.value = equal == std::string_view::npos ? std::string_view{} : text.substr(equal + 1);
        return true;
    }
    return false;
}

size_t decode_query_text(std::string_view text, char* out) noexcept {
    size_t size = 0;
    for (size_t at = 0; at < text.size();) {
        const int byte = decode_triplet(text, at);
        const char c = text[at];
        out[size++] = byte >= 0 ? static_cast<char>(byte) : c == '+' ? ' ' : c;
        at += byte >= 0 ? 3 : 1;
    }
    return size;
}

bool is_valid_host(std::string_view host) noexcept {
    if (host.empty()) return true;
    if (host[0] == '[') return is_valid_ipv6_host(host);
    size_t end = 0;
    while (end < host.size() && is_class(host[end], host_character)) ++end;
    if (end == host.size()) return true;
    return end != 0 && is_valid_port(host.substr(end));
}

bool host_equals_authority(std::string_view host, std::string_view authority, bool https) noexcept {
    return equals_ignore_case(without_default_port(host, https),
                              without_default_port(authority, https));
}

absolute_target split_absolute(std::string_view target) noexcept {
    absolute_target parts;
    const size_t colon = target.find(':');
    if (colon == std::string_view::npos || target.substr(colon, 3) != "://") return parts;
    const std::string_view scheme = target.substr(0, colon);
    parts.https = equals_ignore_case(scheme, "https");
    if (!parts.https && !equals_ignore_case(scheme, "http")) return parts;
    std::string_view rest = target.substr(colon + 3);
    const size_t authority_size = std::min(rest.find_first_of("/?"), rest.size());
    parts.authority = rest.substr(0, authority_size);
    rest.remove_prefix(authority_size);
    const size_t question = rest.find('?');
    parts.path = rest.substr(0, question);
    parts.has_query = question != std::string_view::npos;
    if (parts.has_query) parts.query = rest.substr(question + 1);
    parts.valid = !parts.authority.empty() && is_valid_host(parts.authority);
    return parts;
}

}  // namespace saker

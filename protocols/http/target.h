#pragma once
// Request targets: paths, queries, hosts, absolute URIs. All of it works on views and writes only
// where it is told to; a path that needs no decoding is used where it lies. Behaviour is Kestrel's:
// percent-decoding once, except %2F; what is not UTF-8 stays encoded; then dot segments are
// removed.

#include "protocols/http/rejection.h"

#include <cstddef>
#include <string_view>

namespace saker {

// -- path --

// False: no '%' and no "/.", the path means what it says.
bool needs_decoding(std::string_view raw_path) noexcept;

struct decoded_path {
    size_t size = 0;
    rejection_reason reason = rejection_reason::none;  // invalid_request_target for %00
};

// Writes at most raw_path.size() bytes. `out` may be the raw path itself.
decoded_path decode_path(std::string_view raw_path, char* out) noexcept;

// In place; returns the new size. `path` begins with '/'.
size_t remove_dot_segments(char* path, size_t size) noexcept;

// -- query --

struct query_pair {
    std::string_view name;   // still encoded
    std::string_view value;  // still encoded; empty without '='
};

// Takes the next pair off `rest` (what is behind '?'); false at the end. Empty pairs are skipped.
bool next_query_pair(std::string_view& rest, query_pair& pair) noexcept;

// %xx once, '+' is a space, an invalid %xx stays. Any byte may come out, NUL too. Writes at most
// text.size() bytes and returns how many; `out` may be the text itself.
size_t decode_query_text(std::string_view text, char* out) noexcept;

// -- host --

// Kestrel's rules: empty is good; reg-name or [IPv6], then :digits.
bool is_valid_host(std::string_view host) noexcept;

// Authority of an absolute target against Host: equal without regard to case, where the scheme's
// default port may be said by one and not by the other.
bool host_equals_authority(std::string_view host, std::string_view authority, bool https) noexcept;

// -- absolute form --

struct absolute_target {
    std::string_view authority;
    std::string_view path;  // begins with '/' or is empty
    std::string_view query;
    bool has_query = false;
    bool https = false;
    bool valid = false;  // http:// or https://, a good host without user information
};

absolute_target split_absolute(std::string_view target) noexcept;

}  // namespace saker

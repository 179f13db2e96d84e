#pragma once
// The name that a client asks for (SNI), and what is configured for it: Kestrel's order, of an
// exact name, then the longest wildcard, then "*".

#include <saker/result.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saker::tls {

// Letters, digits, hyphens and dots, in labels of 1 to 63, 253 in all; no address, no dot at the
// end. What is not is no name of a host (RFC 6066), and matches no wildcard.
[[nodiscard]] bool well_formed_server_name(std::string_view) noexcept;

// Hosts as `sni_options::host` says them, by their place in the list. Immutable.
class server_name_index {
public:
    // Or what is wrong with each of them: empty, twice there, an asterisk where none may be.
    [[nodiscard]] static result<server_name_index> of(const std::vector<std::string>& hosts);

    // The place of what is configured for the name; none: nothing is. Empty: the client named none,
    // which only "*" matches. One pass over the name, no allocation.
    [[nodiscard]] std::optional<size_t> find(std::string_view server_name) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return hosts_.empty() && !any_; }

private:
    // Sorted by `hash`, which is that of `text` from its end to its begin, so that a name's
    // suffixes are all hashed on the way to its own hash.
    struct host {
        uint64_t hash;
        std::string text;  // in small letters; a wildcard with its dot, without the asterisk
        size_t place;
    };

    [[nodiscard]] const host* lookup(uint64_t hash, std::string_view text) const noexcept;

    std::vector<host> hosts_;
    std::optional<size_t> any_;
};

}  // namespace saker::tls

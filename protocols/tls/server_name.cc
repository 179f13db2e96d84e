// See server_name.h. An exact name never begins with a dot and a wildcard's suffix always does, so
// that both are in one table.

#include "protocols/tls/server_name.h"

#include "core/base/log.h"

#include <algorithm>
#include <tuple>

namespace saker::tls {
namespace {

constexpr size_t longest_name = 253, longest_label = 63;

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = lower(c);
    return out;
}

bool same(std::string_view any_case, std::string_view small) noexcept {
    return std::equal(any_case.begin(), any_case.end(), small.begin(), small.end(),
                      [](char one, char other) { return lower(one) == other; });
}

// FNV-1a, fed from the end. Who configures the names does not attack the table.
constexpr uint64_t hash_of_nothing = 14695981039346656037u;
constexpr uint64_t with(uint64_t hash, char c) noexcept {
    return (hash ^ static_cast<unsigned char>(lower(c))) * 1099511628211u;
}

uint64_t hash_of(std::string_view text) noexcept {
    uint64_t hash = hash_of_nothing;
    for (size_t i = text.size(); i > 0; --i) hash = with(hash, text[i - 1]);
    return hash;
}

bool of_a_label(char c) noexcept {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool only_digits(std::string_view text) noexcept {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Empty: it can be configured.
std::string mistake_in(std::string_view host) {
    const std::string named = "The host '" + escape(host) + "' of SNI";
    if (host.empty()) return named + " is empty: \"*\" is every host.";
    if (host == "*") return {};
    const bool wildcard = host.starts_with("*.");
    const std::string_view rest = wildcard ? host.substr(2) : host;
    if (rest.find('*') != std::string_view::npos)
        return named +
               " has an asterisk in the wrong place: \"*.example.com\" is every host below "
               "example.com, \"*\" every host.";
    if (host.starts_with('.'))
        return named + " begins with a dot: \"*.example.com\" has an asterisk.";
    if (wildcard && !well_formed_server_name(rest))
        return named + " is no name: after \"*.\" come letters, digits, hyphens and dots.";
    return {};
}

}  // namespace

bool well_formed_server_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > longest_name) return false;
    size_t begin = 0;
    for (size_t i = 0; i <= name.size(); ++i) {
        if (i < name.size() && of_a_label(name[i])) continue;
        if (i < name.size() && name[i] != '.') return false;
        if (i == begin || i - begin > longest_label) return false;
        // No name ends in a number, but an address of IPv4 does.
        if (i == name.size()) return !only_digits(name.substr(begin));
        begin = i + 1;
    }
    return false;
}

result<server_name_index> server_name_index::of(const std::vector<std::string>& hosts) {
    server_name_index made;
    error wrong;
    for (size_t place = 0; place < hosts.size(); ++place) {
        std::string text = lower(hosts[place]);
        if (std::string mistake = mistake_in(text); !mistake.empty()) {
            wrong.messages.push_back(std::move(mistake));
            continue;
        }
        if (text.starts_with("*.")) text.erase(0, 1);
        const uint64_t hash = hash_of(text);
        made.hosts_.push_back({.hash = hash, .text = std::move(text), .place = place});
    }
    std::sort(made.hosts_.begin(), made.hosts_.end(), [](const host& one, const host& other) {
        return std::tie(one.hash, one.text, one.place) <
               std::tie(other.hash, other.text, other.place);
    });
    for (size_t i = 1; i < made.hosts_.size(); ++i)
        if (made.hosts_[i].text == made.hosts_[i - 1].text)
            wrong.messages.push_back("The host '" + escape(hosts[made.hosts_[i].place]) +
                                     "' of SNI is there twice.");
    if (!wrong.messages.empty()) return wrong;
    const auto any = std::find_if(made.hosts_.begin(), made.hosts_.end(),
                                  [](const host& one) { return one.text == "*"; });
    if (any != made.hosts_.end()) {
        made.any_ = any->place;
        made.hosts_.erase(any);
    }
    return made;
}

const server_name_index::host* server_name_index::lookup(uint64_t hash,
                                                         std::string_view text) const noexcept {
    auto at = std::lower_bound(hosts_.begin(), hosts_.end(), hash,
                               [](const host& one, uint64_t wanted) { return one.hash < wanted; });
    for (; at != hosts_.end() && at->hash == hash; ++at)
        if (same(text, at->text)) return &*at;
    return nullptr;
}

std::optional<size_t> server_name_index::find(std::string_view server_name) const noexcept {
    // Longer than any name that could be: not worth hashing.
    if (server_name.empty() || hosts_.empty() || server_name.size() > longest_name) return any_;
    const bool may_be_wild = well_formed_server_name(server_name);
    const host* best = nullptr;
    uint64_t hash = hash_of_nothing;
    for (size_t i = server_name.size(); i > 0; --i) {
        hash = with(hash, server_name[i - 1]);
        if (i > 1 && server_name[i - 1] == '.' && may_be_wild)
            if (const host* const found = lookup(hash, server_name.substr(i - 1))) best = found;
    }
    if (server_name.front() != '.')
        if (const host* const exact = lookup(hash, server_name)) best = exact;
    return best != nullptr ? std::optional(best->place) : any_;
}

}  // namespace saker::tls

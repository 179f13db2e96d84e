// Building and walking the table of routes. Going back is needed ("/a/{x}/c" beside "/a/b/{y}"),
// but a node stands for a depth, so that no path can make a walk longer than the tree is large.

#include "hosting/route_table.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace saker {

namespace {

enum class segment_kind : uint8_t { literal, parameter, rest };

struct segment {
    segment_kind kind = segment_kind::literal;
    std::string_view text;  // of a parameter: its name
};

[[noreturn]] void refuse(std::string_view pattern, std::string_view why) {
    throw std::invalid_argument("route pattern \"" + std::string(pattern) +
                                "\": " + std::string(why));
}

bool is_name(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

segment parse_segment(std::string_view pattern, std::string_view text) {
    const bool braces = text.find_first_of("{}") != std::string_view::npos;
    if (!braces) {
        if (text.find_first_of("*?#") != std::string_view::npos)
            refuse(pattern, "a segment has no '*', '?' or '#'; a parameter is {name} or {*rest}");
        return {segment_kind::literal, text};
    }
    if (text.front() != '{' || text.back() != '}' || text.size() < 3)
        refuse(pattern, "a parameter is a whole segment: /{name}/");
    segment found{segment_kind::parameter, text.substr(1, text.size() - 2)};
    if (found.text.starts_with('*')) {
        found.kind = segment_kind::rest;
        found.text.remove_prefix(1);
    }
    if (!is_name(found.text))
        refuse(pattern, "the name of a parameter is made of letters, digits, '_' and '-'");
    return found;
}

std::vector<segment> parse_pattern(std::string_view pattern) {
    if (!pattern.starts_with('/')) refuse(pattern, "a pattern begins with '/'");
    std::vector<segment> segments;
    size_t captures = 0;
    for (size_t from = 1, to = 0; to != pattern.size(); from = to + 1) {
        to = std::min(pattern.find('/', from), pattern.size());
        const segment one = parse_segment(pattern, pattern.substr(from, to - from));
        if (!segments.empty() && segments.back().kind == segment_kind::rest)
            refuse(pattern, "nothing comes after a {*rest}");
        if (one.kind != segment_kind::literal) {
            for (const segment& other : segments)
                if (other.kind != segment_kind::literal && other.text == one.text)
                    refuse(pattern, "each parameter has a name of its own");
            if (++captures > route_table::most_captures)
                refuse(pattern, "a pattern has at most eight parameters");
        }
        segments.push_back(one);
    }
    return segments;
}

template <class Word>
Word load(const char* from) noexcept {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

uint64_t mix(uint64_t h, uint64_t word) noexcept {
    h = (h ^ word) * 0x9e3779b97f4a7c15u;
    return h ^ (h >> 32);
}

}  // namespace

size_t route_table::hash(std::string_view path) noexcept {
    const char* at = path.data();
    size_t left = path.size();
    uint64_t h = left;
    if (left >= 8) {
        for (; left > 8; left -= 8, at += 8) h = mix(h, load<uint64_t>(at));
        return mix(h, load<uint64_t>(path.data() + path.size() - 8));
    }
    if (left >= 4) {
        h = mix(h, load<uint32_t>(at));
        return mix(h, load<uint32_t>(at + left - 4));
    }
    for (; left > 0; --left) h = mix(h, static_cast<unsigned char>(*at++));
    return h;
}

route_table::added route_table::add(std::string_view pattern) {
    const std::vector<segment> segments = parse_pattern(pattern);
    added result;
    for (const segment& one : segments)
        if (one.kind != segment_kind::literal) result.names.emplace_back(one.text);
    result.route = result.names.empty() ? add_literal(pattern) : add_to_tree(pattern);
    return result;
}

uint32_t route_table::new_route(std::string_view pattern) {
    patterns_.emplace_back(pattern);
    return static_cast<uint32_t>(patterns_.size() - 1);
}

uint32_t route_table::add_literal(std::string_view pattern) {
    if (const uint32_t known = find_literal(pattern); known != none) return known;
    const uint32_t route = new_route(pattern);
    std::vector<uint32_t> all;
    std::copy_if(slots_.begin(), slots_.end(), std::back_inserter(all),
                 [](uint32_t one) { return one != none; });
    all.push_back(route);
    if (++literals_ * 2 > slots_.size()) slots_.resize(std::max<size_t>(8, slots_.size() * 2));
    std::fill(slots_.begin(), slots_.end(), none);
    for (const uint32_t one : all) {
        size_t i = hash(patterns_[one]);
        while (slots_[i & (slots_.size() - 1)] != none) ++i;
        slots_[i & (slots_.size() - 1)] = one;
    }
    return route;
}

uint32_t route_table::child(uint32_t at, std::string_view text) {
    for (const edge& one : nodes_[at].literals)
        if (one.segment == text) return one.to;
    const auto made = static_cast<uint32_t>(nodes_.size());
    nodes_.emplace_back();
    nodes_[at].literals.push_back({std::string(text), made});
    return made;
}

uint32_t route_table::add_to_tree(std::string_view pattern) {
    if (nodes_.empty()) nodes_.emplace_back();
    uint32_t at = 0;
    for (const segment& one : parse_pattern(pattern)) {
        if (one.kind == segment_kind::rest) {
            if (nodes_[at].rest_route == none) nodes_[at].rest_route = new_route(pattern);
            return nodes_[at].rest_route;
        }
        if (one.kind == segment_kind::literal) {
            at = child(at, one.text);
            continue;
        }
        if (nodes_[at].parameter == none) {
            nodes_[at].parameter = static_cast<uint32_t>(nodes_.size());
            nodes_.emplace_back();
        }
        at = nodes_[at].parameter;
    }
    if (nodes_[at].route == none) nodes_[at].route = new_route(pattern);
    return nodes_[at].route;
}

uint32_t route_table::match(std::string_view path, captures& found) const noexcept {
    uint32_t best = none;
    visit_matches(path, [&](uint32_t route, const captures& values) {
        best = route;
        found = values;
        return true;
    });
    return best;
}

bool route_table::walk(std::string_view path, captures& found, const visitor& visit) const {
    if (visit(find_literal(path), found)) return true;
    if (nodes_.empty() || !path.starts_with('/')) return false;
    return walk_tree({0, path.substr(1), false}, found, visit);
}

bool route_table::walk_tree(place here, captures& found, const visitor& visit) const {
    const node& at = nodes_[here.at];
    if (here.over) {
        if (visit(at.route, found)) return true;
    } else {
        const size_t slash = here.rest.find('/');
        const bool last = slash == std::string_view::npos;
        const std::string_view text = here.rest.substr(0, slash);
        const std::string_view after = last ? std::string_view{} : here.rest.substr(slash + 1);
        for (const edge& one : at.literals)
            if (one.segment == text) {
                if (walk_tree({one.to, after, last}, found, visit)) return true;
                break;
            }
        if (at.parameter != none && !text.empty()) {
            found.values[found.count++] = text;
            if (walk_tree({at.parameter, after, last}, found, visit)) return true;
            --found.count;
        }
    }
    if (at.rest_route == none) return false;
    found.values[found.count++] = here.rest;  // empty where the path is over
    if (visit(at.rest_route, found)) return true;
    --found.count;
    return false;
}

}  // namespace saker

#pragma once
// Which patterns a path matches: "/users/{id}", "/files/{*rest}". Pure: paths in, numbers of
// patterns out, best one first. Patterns without parameters are found by one hash of the path; the
// others in a tree of segments, each node of which is visited once at most. A match allocates
// nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker {

class route_table {
public:
    static constexpr uint32_t none = UINT32_MAX;
    static constexpr size_t most_captures = 8;

    struct added {
        uint32_t route = none;  // counted from 0; the same for patterns that match the same
        std::vector<std::string> names;  // of the parameters, in order
    };
    // Throws std::invalid_argument, with the pattern and what is wrong with it.
    added add(std::string_view pattern);

    // What the parameters of a pattern are in a path, in order; views into the path.
    struct captures {
        std::array<std::string_view, most_captures> values;
        size_t count = 0;
    };
    // The pattern that is the path, letter by letter; `none` where there is none.
    [[nodiscard]] uint32_t find_literal(std::string_view path) const noexcept {
        if (slots_.empty()) return none;
        for (size_t i = hash(path);; ++i) {
            const uint32_t route = slots_[i & (slots_.size() - 1)];
            if (route == none || patterns_[route] == path) return route;
        }
    }
    // The best match: at the first segment where patterns differ, a literal before "{name}", and
    // "{name}" before "{*rest}".
    [[nodiscard]] uint32_t match(std::string_view path, captures& found) const noexcept;
    // All matches, the best one first, until `visit(route, captures)` is true. Whether it was.
    template <class Visit>
    bool visit_matches(std::string_view path, Visit&& visit) const {
        captures found;
        return walk(path, found,
                    {[](void* context, uint32_t route, const captures& values) {
                         return static_cast<bool>((*static_cast<Visit*>(context))(route, values));
                     },
                     &visit});
    }

private:
    struct edge {
        std::string segment;
        uint32_t to;
    };
    struct node {
        std::vector<edge> literals;
        uint32_t parameter = none;   // the node after "{name}"
        uint32_t route = none;       // of the pattern that ends here
        uint32_t rest_route = none;  // of the pattern that ends here with "{*rest}"
    };
    struct visitor {
        bool (*call)(void* context, uint32_t route, const captures&);
        void* context;
        bool operator()(uint32_t route, const captures& found) const {
            return route != none && call(context, route, found);
        }
    };
    struct place {
        uint32_t at;            // a node
        std::string_view rest;  // of the path, without the slash before it
        bool over;              // there is no further segment, not even an empty one
    };

    [[nodiscard]] static size_t hash(std::string_view path) noexcept;
    uint32_t add_literal(std::string_view pattern);
    uint32_t add_to_tree(std::string_view pattern);
    uint32_t new_route(std::string_view pattern);
    uint32_t child(uint32_t at, std::string_view segment);
    bool walk(std::string_view path, captures&, const visitor&) const;
    bool walk_tree(place, captures&, const visitor&) const;

    std::vector<std::string> patterns_;  // by route
    std::vector<uint32_t> slots_;        // open addressing over the literal ones; a power of two
    size_t literals_ = 0;
    std::vector<node> nodes_;  // of the others; the first is the root
};

}  // namespace saker

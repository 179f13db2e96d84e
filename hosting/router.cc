// The router: the table finds patterns, each pattern has its methods. The common request is one
// hash of its path and one comparison of its method; everything else, 405 included, walks all
// patterns that match, the best one first, until one has the method.

#include <saker/router.h>

#include "hosting/route_table.h"
#include "hosting/routes.h"
#include "protocols/http/characters.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace saker {

namespace {

struct way {
    std::string method;  // "" is any
    std::string pattern;
    std::vector<std::string> names;  // of the parameters: each way has its own for them
    std::unique_ptr<application> to;
};
using ways = std::vector<way>;

way* with_method(ways& of, std::string_view method) noexcept {
    for (way& one : of)
        if (one.method == method) return &one;
    return nullptr;
}

// The way of exactly this method, else GET's for HEAD, else that of any.
way* find(ways& of, std::string_view method) noexcept {
    if (way* const exact = with_method(of, method)) return exact;
    if (method == "HEAD")
        if (way* const as_get = with_method(of, "GET")) return as_get;
    return with_method(of, "");
}

void name_values(request& asked, const way& chosen, const route_table::captures& found) noexcept {
    detail::route_values& values = detail::routes_of(asked);
    values.pattern = chosen.pattern;
    values.count = static_cast<uint8_t>(found.count);
    for (size_t i = 0; i < found.count; ++i) values.values[i] = {chosen.names[i], found.values[i]};
}

void add_allowed(std::vector<std::string_view>& allowed, std::string_view method) {
    if (std::find(allowed.begin(), allowed.end(), method) == allowed.end())
        allowed.push_back(method);
}

void refuse_method(response& answered, const std::vector<std::string_view>& allowed) {
    std::string list;
    for (const std::string_view method : allowed) {
        if (!list.empty()) list += ", ";
        list += method;
    }
    answered.status(405).header("Allow", list).text("Method Not Allowed\n");
}

}  // namespace

static_assert(route_table::most_captures <= detail::route_values::most);

struct router::node {
    route_table table;
    std::vector<ways> by_route;
};

router::router() : root_(std::make_unique<node>()) {}
router::~router() = default;
router::router(router&&) noexcept = default;
router& router::operator=(router&&) noexcept = default;

void router::add(std::string_view method, std::string_view pattern,
                 std::unique_ptr<application> to) {
    const auto refuse = [&](std::string_view why) {
        throw std::invalid_argument("route " + std::string(method) + (method.empty() ? "" : " ") +
                                    '"' + std::string(pattern) + "\": " + std::string(why));
    };
    if (to == nullptr) refuse("it has no handler");
    if (!method.empty() && !is_token(method)) refuse("the method is no token");
    route_table::added added = root_->table.add(pattern);
    if (added.route >= root_->by_route.size()) root_->by_route.resize(added.route + 1);
    ways& known = root_->by_route[added.route];
    if (with_method(known, method) != nullptr) refuse("there is one already that matches the same");
    known.push_back(
        {std::string(method), std::string(pattern), std::move(added.names), std::move(to)});
}

void router::fallback(std::unique_ptr<application> to) { fallback_ = std::move(to); }

std::optional<task<>> router::answer(request& asked, response& answered) {
    node& root = *root_;
    const std::string_view path = asked.path(), method = asked.method();
    if (const uint32_t route = root.table.find_literal(path); route != route_table::none) [[likely]]
        if (way* const chosen = find(root.by_route[route], method)) [[likely]] {
            detail::routes_of(asked).pattern = chosen->pattern;
            return chosen->to->answer(asked, answered);
        }

    way* chosen = nullptr;
    std::vector<std::string_view> allowed;  // grows only on the way to a 405
    root.table.visit_matches(path, [&](uint32_t route, const route_table::captures& found) {
        ways& known = root.by_route[route];
        chosen = find(known, method);
        if (chosen != nullptr) {
            name_values(asked, *chosen, found);
            return true;
        }
        for (const way& other : known) add_allowed(allowed, other.method);
        return false;
    });
    if (chosen != nullptr) return chosen->to->answer(asked, answered);
    if (!allowed.empty()) {
        if (std::find(allowed.begin(), allowed.end(), "GET") != allowed.end())
            add_allowed(allowed, "HEAD");
        refuse_method(answered, allowed);
    } else if (fallback_ != nullptr) {
        return fallback_->answer(asked, answered);
    } else {
        answered.status(404).text("Not Found\n");
    }
    return std::nullopt;
}

}  // namespace saker

// Patterns and paths, without requests: which pattern wins, what its parameters are, and which
// patterns are refused.

#include "hosting/route_table.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace saker {
namespace {

// "pattern(value, value)" of the best match; "" where there is none.
class table {
public:
    explicit table(std::initializer_list<std::string_view> patterns) {
        for (const std::string_view pattern : patterns) {
            const auto added = routes_.add(pattern);
            if (added.route == names_.size()) names_.emplace_back(pattern);
        }
    }
    std::string match(std::string_view path) const {
        route_table::captures found;
        const uint32_t route = routes_.match(path, found);
        return route == route_table::none ? "" : shown(route, found);
    }
    std::string all(std::string_view path) const {
        std::string list;
        routes_.visit_matches(path, [&](uint32_t route, const route_table::captures& found) {
            list += (list.empty() ? "" : " ") + shown(route, found);
            return false;
        });
        return list;
    }

private:
    std::string shown(uint32_t route, const route_table::captures& found) const {
        std::string text = names_[route];
        for (size_t i = 0; i < found.count; ++i)
            text += (i == 0 ? "(" : ",") + std::string(found.values[i]);
        return found.count == 0 ? text : text + ')';
    }
    route_table routes_;
    std::vector<std::string> names_;
};

std::string refusal(std::string_view pattern) {
    try {
        route_table().add(pattern);
    } catch (const std::invalid_argument& why) {
        return why.what();
    }
    return "";
}

TEST(route_table, an_empty_one_matches_nothing) {
    const table routes({});
    EXPECT_EQ(routes.match("/"), "");
    EXPECT_EQ(routes.match(""), "");
}

TEST(route_table, literals_match_letter_by_letter) {
    const table routes({"/", "/plaintext", "/json", "/a/b"});
    EXPECT_EQ(routes.match("/"), "/");
    EXPECT_EQ(routes.match("/plaintext"), "/plaintext");
    EXPECT_EQ(routes.match("/a/b"), "/a/b");
    for (const char* path :
         {"", "/plaintex", "/plaintext/", "/Plaintext", "/a", "/a/", "//", "json"})
        EXPECT_EQ(routes.match(path), "") << path;
}

TEST(route_table, many_literals_are_all_found) {
    route_table routes;
    for (uint32_t i = 0; i < 1000; ++i)
        EXPECT_EQ(routes.add("/path/" + std::to_string(i)).route, i);
    for (uint32_t i = 0; i < 1000; ++i)
        EXPECT_EQ(routes.find_literal("/path/" + std::to_string(i)), i);
    EXPECT_EQ(routes.find_literal("/path/1000"), route_table::none);
}

TEST(route_table, literals_of_every_length_are_told_apart) {
    route_table routes;
    std::string path = "/";
    for (uint32_t i = 0; i < 40; ++i, path += 'x') EXPECT_EQ(routes.add(path).route, i);
    path = "/";
    for (uint32_t i = 0; i < 40; ++i, path += 'x') EXPECT_EQ(routes.find_literal(path), i);
    EXPECT_EQ(routes.find_literal("/xxxxxxxxxy"), route_table::none);
}

TEST(route_table, parameters_are_captured) {
    const table routes({"/users/{id}", "/users/{id}/posts/{post}"});
    EXPECT_EQ(routes.match("/users/7"), "/users/{id}(7)");
    EXPECT_EQ(routes.match("/users/7/posts/a b"), "/users/{id}/posts/{post}(7,a b)");
    EXPECT_EQ(routes.match("/users/7/posts"), "");
    EXPECT_EQ(routes.match("/users/7/"), "");
}

TEST(route_table, a_parameter_is_never_empty) {
    const table routes({"/users/{id}", "/{a}/{b}/x"});
    EXPECT_EQ(routes.match("/users/"), "");
    EXPECT_EQ(routes.match("/users"), "");
    EXPECT_EQ(routes.match("/a//x"), "");
}

TEST(route_table, the_rest_has_slashes_and_may_be_empty) {
    const table routes({"/files/{*path}"});
    EXPECT_EQ(routes.match("/files/a/b.txt"), "/files/{*path}(a/b.txt)");
    EXPECT_EQ(routes.match("/files/a/"), "/files/{*path}(a/)");
    EXPECT_EQ(routes.match("/files/"), "/files/{*path}()");
    EXPECT_EQ(routes.match("/files"), "/files/{*path}()");
    EXPECT_EQ(routes.match("/filesystem"), "");
    EXPECT_EQ(table({"/{*all}"}).match("/"), "/{*all}()");
    EXPECT_EQ(table({"/{*all}"}).match(""), "");
}

TEST(route_table, literal_wins_over_parameter_over_rest) {
    const table routes({"/{*rest}", "/{name}", "/about", "/{name}/edit", "/about/{what}"});
    EXPECT_EQ(routes.match("/about"), "/about");
    EXPECT_EQ(routes.match("/other"), "/{name}(other)");
    EXPECT_EQ(routes.match("/about/edit"), "/about/{what}(edit)");
    EXPECT_EQ(routes.match("/other/edit"), "/{name}/edit(other)");
    EXPECT_EQ(routes.match("/other/view"), "/{*rest}(other/view)");
    EXPECT_EQ(routes.match("/about/a/b"), "/{*rest}(about/a/b)");
}

TEST(route_table, goes_back_where_the_better_branch_ends) {
    const table routes({"/a/b/{y}", "/a/{x}/c", "/a/{x}/{*rest}"});
    EXPECT_EQ(routes.match("/a/b/c"), "/a/b/{y}(c)");
    EXPECT_EQ(routes.match("/a/z/c"), "/a/{x}/c(z)");
    EXPECT_EQ(routes.match("/a/b/c/d"), "/a/{x}/{*rest}(b,c/d)");
}

TEST(route_table, all_matches_come_best_first) {
    const table routes({"/{*rest}", "/{name}", "/about"});
    EXPECT_EQ(routes.all("/about"), "/about /{name}(about) /{*rest}(about)");
    EXPECT_EQ(routes.all("/a/b"), "/{*rest}(a/b)");
}

TEST(route_table, patterns_that_match_the_same_are_one) {
    route_table routes;
    EXPECT_EQ(routes.add("/users/{id}").route, 0u);
    const auto again = routes.add("/users/{name}");
    EXPECT_EQ(again.route, 0u);
    EXPECT_EQ(again.names, std::vector<std::string>{"name"});
    EXPECT_EQ(routes.add("/users/{id}/").route, 1u);
    EXPECT_EQ(routes.add("/users/new").route, 2u);
    EXPECT_EQ(routes.add("/users/new").route, 2u);
}

TEST(route_table, eight_parameters_and_no_more) {
    const table routes({"/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{*h}"});
    EXPECT_EQ(routes.match("/1/2/3/4/5/6/7/8/9"),
              "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{*h}(1,2,3,4,5,6,7,8/9)");
    EXPECT_NE(refusal("/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}").find("at most eight"),
              std::string::npos);
}

TEST(route_table, malformed_patterns_are_refused_with_the_reason) {
    struct {
        std::string_view pattern, part;
    } const rows[] = {
        {"", "begins with '/'"},
        {"users", "begins with '/'"},
        {"*", "begins with '/'"},
        {"/{", "a whole segment"},
        {"/{}", "a whole segment"},
        {"/}", "a whole segment"},
        {"/{a", "a whole segment"},
        {"/x{a}", "a whole segment"},
        {"/{a}x", "a whole segment"},
        {"/{a}{b}", "the name of a parameter"},
        {"/{*}", "the name of a parameter"},
        {"/{a b}", "the name of a parameter"},
        {"/{a:int}", "the name of a parameter"},
        {"/{*rest}/more", "nothing comes after"},
        {"/{*rest}/", "nothing comes after"},
        {"/{a}/{a}", "a name of its own"},
        {"/*", "a parameter is {name} or {*rest}"},
        {"/search?q=x", "a segment has no"},
    };
    for (const auto& [pattern, part] : rows)
        EXPECT_NE(refusal(pattern).find(part), std::string::npos)
            << pattern << " -> " << refusal(pattern);
}

}  // namespace
}  // namespace saker

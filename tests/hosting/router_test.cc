// The router with requests: methods, HEAD by GET, 404 and 405, the values of parameters, and which
// routes are refused. In memory, through the whole server.

#include <saker/test_client.h>

#include <gtest/gtest.h>

#include <stdexcept>

namespace saker {
namespace {

// A handler that answers what it is called, and the parameters that it asks for.
auto says(std::string text, std::vector<std::string> keys = {}) {
    return [text, keys](request& asked, response& answered) {
        std::string all = text;
        for (const std::string& key : keys)
            all += ' ' + key + '=' + std::string(asked.route_value(key));
        answered.text(all);
    };
}

std::string refusal(std::string_view method, std::string_view pattern) {
    router routes;
    routes.add("GET", "/taken/{id}", says(""));
    try {
        routes.add(method, pattern, says(""));
    } catch (const std::invalid_argument& why) {
        return why.what();
    }
    return "";
}

class router_test : public testing::Test {
protected:
    std::string ask(std::string method, std::string target) {
        if (!client_) client_ = std::make_unique<test_client>(server_);
        last_ = client_->send(
            {.method = std::move(method), .target = std::move(target), .headers = {}, .body = {}});
        return std::to_string(last_.status) + ' ' + last_.body;
    }
    server server_;
    std::unique_ptr<test_client> client_;
    test_client::answer last_;
};

TEST_F(router_test, chooses_by_path_and_method) {
    server_.get("/", says("root")).get("/a", says("get a")).post("/a", says("post a"));
    EXPECT_EQ(ask("GET", "/"), "200 root");
    EXPECT_EQ(ask("GET", "/a"), "200 get a");
    EXPECT_EQ(ask("POST", "/a"), "200 post a");
    EXPECT_EQ(ask("GET", "/a?x=/b"), "200 get a");
}

TEST_F(router_test, gives_parameters_by_name) {
    server_.get("/users/{id}/files/{*path}", says("file", {"id", "path", "none"}));
    EXPECT_EQ(ask("GET", "/users/7/files/a/b%20c"), "200 file id=7 path=a/b c none=");
}

TEST_F(router_test, parameters_of_one_request_are_not_those_of_the_next) {
    server_.get("/users/{id}", says("user", {"id"})).get("/plain", says("plain", {"id"}));
    EXPECT_EQ(ask("GET", "/users/7"), "200 user id=7");
    EXPECT_EQ(ask("GET", "/plain"), "200 plain id=");
}

TEST_F(router_test, each_method_has_its_own_names) {
    server_.get("/users/{id}", says("get", {"id"}))
        .del("/users/{name}", says("delete", {"id", "name"}));
    EXPECT_EQ(ask("GET", "/users/7"), "200 get id=7");
    EXPECT_EQ(ask("DELETE", "/users/7"), "200 delete id= name=7");
}

TEST_F(router_test, answers_404_with_a_short_text) {
    server_.get("/a", says("a"));
    EXPECT_EQ(ask("GET", "/b"), "404 Not Found\n");
    EXPECT_EQ(last_.header("Content-Type"), "text/plain");
    EXPECT_EQ(ask("GET", "/A"), "404 Not Found\n");
}

TEST_F(router_test, answers_405_with_what_is_allowed) {
    server_.get("/a", says("")).put("/a", says("")).post("/b", says("")).patch("/{x}", says(""));
    EXPECT_EQ(ask("DELETE", "/a"), "405 Method Not Allowed\n");
    EXPECT_EQ(last_.header("Allow"), "GET, PUT, PATCH, HEAD");
    EXPECT_EQ(ask("GET", "/b"), "405 Method Not Allowed\n");
    EXPECT_EQ(last_.header("Allow"), "POST, PATCH");
    EXPECT_EQ(ask("get", "/b"), "405 Method Not Allowed\n");
}

TEST_F(router_test, a_worse_match_with_the_method_wins_over_405) {
    server_.post("/users/new", says("new")).get("/users/{id}", says("user", {"id"}));
    EXPECT_EQ(ask("GET", "/users/new"), "200 user id=new");
    EXPECT_EQ(ask("POST", "/users/new"), "200 new");
}

TEST_F(router_test, head_is_answered_by_get) {
    server_.get("/a", says("body")).get("/b/{x}", says("b")).route("HEAD", "/b/{x}", says("own"));
    EXPECT_EQ(ask("HEAD", "/a"), "200 ");
    EXPECT_EQ(last_.header("Content-Length"), "4");
    EXPECT_EQ(ask("HEAD", "/b/1"), "200 ");
    EXPECT_EQ(last_.header("Content-Length"), "3");
}

TEST_F(router_test, any_method_comes_after_its_own) {
    server_.route("", "/a", says("any")).get("/a", says("get"));
    EXPECT_EQ(ask("GET", "/a"), "200 get");
    EXPECT_EQ(ask("BREW", "/a"), "200 any");
}

TEST_F(router_test, fallback_answers_what_no_pattern_matches) {
    server_.get("/a", says("a")).handle([](request& asked, response& answered) {
        answered.status(404).text("nothing at " + std::string(asked.path()));
    });
    EXPECT_EQ(ask("GET", "/b"), "404 nothing at /b");
    EXPECT_EQ(ask("POST", "/a"), "405 Method Not Allowed\n");
}

TEST(router, refuses_what_is_malformed_or_taken) {
    EXPECT_NE(refusal("GET", "/taken/{other}").find("matches the same"), std::string::npos);
    EXPECT_EQ(refusal("PUT", "/taken/{other}"), "");
    EXPECT_NE(refusal("G T", "/x").find("no token"), std::string::npos);
    EXPECT_NE(refusal("GET", "x").find("begins with '/'"), std::string::npos);
    EXPECT_THROW(router().add("GET", "/x", std::unique_ptr<application>()), std::invalid_argument);
}

}  // namespace
}  // namespace saker

// Readiness and liveness as a probe sees them.

#include <saker/saker.h>
#include <saker/test_client.h>

#include <gtest/gtest.h>

namespace saker {
namespace {

TEST(health, a_server_is_ready_when_it_has_started) {
    server one;
    EXPECT_FALSE(one.ready());
    one.get("/healthz", health(one)).get("/livez", alive());
    test_client client(one);
    EXPECT_TRUE(one.ready());
    const auto ready = client.get("/healthz");
    EXPECT_EQ(ready.status, 200);
    EXPECT_EQ(ready.body, "ready\n");
    EXPECT_EQ(ready.header("Cache-Control"), "no-store");
    EXPECT_EQ(client.get("/livez").body, "alive\n");
}

TEST(health, one_that_has_not_started_or_is_gone_is_not_ready) {
    server shown;
    std::optional<server> other(std::in_place);
    shown.get("/other", health(*other)).get("/livez", alive());
    test_client client(shown);
    EXPECT_EQ(client.get("/other").status, 503);
    EXPECT_EQ(client.get("/other").body, "not ready\n");
    other.reset();
    EXPECT_EQ(client.get("/other").status, 503);
    EXPECT_EQ(client.get("/livez").status, 200);
}

TEST(health, a_server_that_stops_says_so_to_the_program) {
    server one;
    one.options().minimum_log_level = log_level::none;
    one.options().cores = 1;
    one.listen("http://127.0.0.1:0");
    ASSERT_TRUE(one.start());
    EXPECT_TRUE(one.ready());
    one.stop(std::chrono::seconds(5));
    EXPECT_FALSE(one.ready());
    const auto late = one.reload();
    EXPECT_FALSE(late);
}

}  // namespace
}  // namespace saker

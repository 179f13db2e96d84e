// How a transport is chosen, and what is said where that cannot be done.

#include "transports/transports.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace saker::test {
namespace {

class plug_in final : public transport_factory {
public:
    explicit plug_in(std::string_view name, bool usable = true) : name_(name), usable_(usable) {}
    std::string_view name() const noexcept override { return name_; }
    transport_probe probe() const override {
        if (usable_) return {true, "plugged in", {}};
        return {false, "it is Tuesday", "wait until Wednesday"};
    }
    std::unique_ptr<transport> make(slab_pool&, std::string& error) const override {
        error = "never";
        return nullptr;
    }

private:
    const std::string_view name_;
    const bool usable_;
};

using plug_ins = std::vector<std::shared_ptr<transport_factory>>;

TEST(choice, io_uring_goes_before_epoll) {
    ASSERT_EQ(built_in_transports().size(), 2u);
    EXPECT_EQ(built_in_transports()[0]->name(), "io_uring");
    EXPECT_EQ(built_in_transports()[1]->name(), "epoll");
}

TEST(choice, auto_takes_the_first_that_is_usable_and_says_why_not_the_others) {
    const transport_choice choice = choose_transport("auto");
    ASSERT_NE(choice.factory, nullptr);
    EXPECT_TRUE(choice.found.usable);
    EXPECT_FALSE(choice.found.detail.empty());
    EXPECT_EQ(choice.error, "");
    const bool has_ring = built_in_transports()[0]->probe().usable;
    EXPECT_EQ(choice.factory->name(), has_ring ? "io_uring" : "epoll");
    ASSERT_EQ(choice.passed_over.size(), has_ring ? 0u : 1u);
    for (const passed_over_transport& one : choice.passed_over) {
        EXPECT_EQ(one.name, "io_uring");
        EXPECT_FALSE(one.detail.empty());
        EXPECT_FALSE(one.remedy.empty());
    }
}

TEST(choice, one_is_chosen_by_its_name) {
    const transport_choice choice = choose_transport("epoll");
    ASSERT_NE(choice.factory, nullptr);
    EXPECT_EQ(choice.factory->name(), "epoll");
}

TEST(choice, a_name_that_is_not_known_is_told_the_nearest) {
    EXPECT_EQ(choose_transport("eppol").error,
              "unknown transport \"eppol\", did you mean \"epoll\"? Known: auto, io_uring, epoll");
    EXPECT_EQ(
        choose_transport("uring").error,
        "unknown transport \"uring\", did you mean \"io_uring\"? Known: auto, io_uring, epoll");
    EXPECT_EQ(choose_transport("rdma").error,
              "unknown transport \"rdma\". Known: auto, io_uring, epoll");
    EXPECT_EQ(choose_transport("eppol").factory, nullptr);
    EXPECT_EQ(choose_transport("").factory, nullptr);
}

TEST(choice, a_plug_in_goes_before_a_built_in_of_its_name) {
    const plug_ins given = {std::make_shared<plug_in>("epoll"), std::make_shared<plug_in>("mine")};
    EXPECT_EQ(choose_transport("epoll", given).factory, given[0].get());
    EXPECT_EQ(choose_transport("mine", given).factory, given[1].get());
    EXPECT_NE(choose_transport("auto", given).factory, given[0].get());
    EXPECT_EQ(choose_transport("mime", given).error,
              "unknown transport \"mime\", did you mean \"mine\"? "
              "Known: auto, epoll, mine, io_uring, epoll");
}

TEST(choice, one_that_is_not_usable_says_why_and_what_to_do) {
    const plug_ins given = {std::make_shared<plug_in>("mine", false)};
    const transport_choice choice = choose_transport("mine", given);
    EXPECT_EQ(choice.factory, nullptr);
    EXPECT_EQ(choice.error,
              "transport \"mine\" cannot be used here: it is Tuesday; wait until Wednesday");
}

}  // namespace
}  // namespace saker::test

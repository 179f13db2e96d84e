// How a transport is chosen, and what is said where that cannot be done.

#include "transports/transports.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <iterator>
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

#if SAKER_HAS_IO_URING
// From here on io_uring_setup fails with `error` in this process, as it does in a container.
void refuse_rings(unsigned error) {
    sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter{.len = std::size(code), .filter = code};
    ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

struct refusal {
    unsigned error;
    std::string_view says, advises;
};

[[noreturn]] void choose_where_rings_are_refused(const refusal& one) {
    refuse_rings(one.error);
    const transport_choice choice = choose_transport("auto");
    EXPECT_EQ(choice.factory->name(), "epoll");
    EXPECT_EQ(choice.error, "");
    EXPECT_EQ(choice.passed_over.size(), 1u);
    const passed_over_transport& ring = choice.passed_over.front();
    EXPECT_NE(ring.detail.find(one.says), std::string::npos) << ring.detail;
    EXPECT_NE(ring.remedy.find(one.advises), std::string::npos) << ring.remedy;
    const std::string error = choose_transport("io_uring").error;
    EXPECT_NE(error.find(ring.remedy), std::string::npos) << error;
    std::_Exit(testing::Test::HasFailure() ? 1 : 0);
}

TEST(choice, where_rings_are_refused_auto_takes_epoll_and_says_why) {
    const refusal cases[] = {
        {EPERM, "io_uring", "io_uring"},  // seccomp, or the sysctl
        {ENOSYS, "hides io_uring", "seccomp"}, {EINVAL, "too old", "Linux 6.1"},
        {ENOMEM, "memory", "ulimit -l"},       {EMFILE, "descriptor", "ulimit -n"},
    };
    for (const refusal& one : cases)
        EXPECT_EXIT(choose_where_rings_are_refused(one), testing::ExitedWithCode(0), "");
}
#endif

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

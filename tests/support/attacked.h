#pragma once
// A server of HTTP/2 with two clients: one that attacks it, and a bystander that is served all the
// while. What the attack takes of memory is watched.

#include "tests/support/serve_http2.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace saker::test {

class attacked : public served_http2 {
protected:
    // "/wait" answers when its client has gone, "/deaf" ten seconds later whatever happens
    // ("/deafer": a minute), "/echo" with the body as it comes, "/large" with 400,000 bytes written
    // by and by; others when their body has come.
    void begin(const http2::setting_values& attackers = {});
    [[nodiscard]] http2_client& attacker() { return *attacker_; }
    // A new one, with a new account.
    void renew_attacker();
    void serve_bystander();

    // Says what `next` makes of 1, 3, 5 and so on, `most` times unless the end comes before.
    template <class Next>
    void attack(size_t most, Next next) {
        for (size_t i = 0; i < most && !attacker_->gone(); ++i) {
            attacker_->send_bytes(next(static_cast<uint32_t>(1 + 2 * i)));
            if (i % 64 == 0) watch();
        }
        watch();
    }
    // Looks at what is in use; the bystander is served.
    void watch();

    // The attacker was told to be calm, and that was the end of it.
    void expect_calm() {
        expect_end({http2::error_code::enhance_your_calm}, {end_reason::enhance_your_calm});
    }
    // One of these, and the reason that belongs to it.
    void expect_end(std::initializer_list<http2::error_code>, std::initializer_list<end_reason>);
    void expect_memory_back();

    [[nodiscard]] uint64_t started() const { return started_; }  // handlers
    [[nodiscard]] uint64_t running() const { return running_; }
    [[nodiscard]] size_t slabs_before() const { return slabs_before_; }
    [[nodiscard]] size_t most_slabs() const { return most_slabs_; }

private:
    task<> answer(request& asked, response& answered);
    [[nodiscard]] static size_t heap_in_use();

    http2_client* attacker_ = nullptr;
    http2::setting_values attackers_;
    uint64_t started_ = 0, running_ = 0;
    uint32_t bystanders_ = 1;
    size_t slabs_before_ = 0, pieces_before_ = 0, heap_before_ = 0;
    size_t most_slabs_ = 0;
};

#define HTTP2_FLOOD_SUITE(suite) \
    CONFORMANCE_SUITE_OVER(suite, saker::test::attacked, whole_http2_settings)

}  // namespace saker::test

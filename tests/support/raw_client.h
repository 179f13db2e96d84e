#pragma once
// A client whose bytes go as they are, over a peer of the transport under test.

#include "tests/support/conversation.h"
#include "tests/support/delivery.h"
#include "tests/support/peer.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace saker::test {

class raw_client final : public conversation {
public:
    raw_client(turns& server, std::unique_ptr<peer> end, delivery way)
        : conversation(server), end_(std::move(end)), way_(way) {}
    ~raw_client() override;

    void send_raw(std::string_view bytes) override;
    [[nodiscard]] size_t unsent() const override { return unsent_; }
    void end() override;
    void vanish() override;
    void stop_reading() override { reading_ = false; }
    void go_on_reading() override { reading_ = true; }
    [[nodiscard]] bool ended() const override { return end_->ended(); }
    [[nodiscard]] bool was_reset() const override { return end_->was_reset(); }
    bool turn() override;

    // Says it whole without a turn of the server: what several clients say may come in one.
    void say_at_once(std::string_view bytes);
    // Takes what has arrived, once; how much that was.
    size_t take_once();

private:
    std::unique_ptr<peer> end_;
    const delivery way_;
    size_t unsent_ = 0;
    bool reading_ = true;
};

}  // namespace saker::test

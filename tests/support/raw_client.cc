// See raw_client.h.

#include "tests/support/raw_client.h"

#include <gtest/gtest.h>

namespace saker::test {

raw_client::~raw_client() = default;

bool raw_client::turn() {
    const uint64_t before = server_.progress();
    server_.take_turn();
    const bool ended_before = ended() || was_reset();
    const size_t came = reading_ ? take_once() : 0;
    return server_.progress() != before || came > 0 || ended_before != (ended() || was_reset());
}

size_t raw_client::take_once() {
    const std::string piece = end_->take();
    heard_ += piece;
    return piece.size();
}

void raw_client::send_raw(std::string_view bytes) {
    constexpr int patience = 6;  // where the server has stopped to receive
    for (std::string_view piece : pieces_of(bytes, way_)) {
        bytes.remove_prefix(piece.size());
        const uint64_t all = server_.received() + piece.size();
        while (!piece.empty()) {
            const bool said_some = turn_until([&] {
                const size_t said = end_->say(piece);
                piece.remove_prefix(said);
                return said > 0 || was_reset();
            });
            if (!said_some || was_reset()) {
                unsent_ = piece.size() + bytes.size();
                return;
            }
        }
        for (int i = 0; i < patience && server_.received() < all; ++i) turn();
    }
    unsent_ = 0;
}

void raw_client::say_at_once(std::string_view bytes) {
    EXPECT_EQ(end_->say(bytes), bytes.size()) << "there is no room for it";
}

void raw_client::end() {
    end_->end();
    turn();
}

void raw_client::vanish() {
    end_->vanish();
    turn();
    heard_.clear();
}

}  // namespace saker::test

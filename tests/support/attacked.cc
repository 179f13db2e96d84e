// See attacked.h.

#include "tests/support/attacked.h"

#include <malloc.h>

#include <algorithm>

namespace saker::test {
namespace {

// Of the process, the test's own included, while one connection is at it.
constexpr size_t most_heap = 24 * 1024 * 1024;
// What a transport has ready for receives, and a bystander that is being served.
constexpr size_t some_slabs = 40;
// Streams that are kept for the next requests, and the same.
constexpr size_t some_pieces = 128 + 16;

}  // namespace

task<> attacked::answer(request& asked, response& answered) {
    ++started_;
    ++running_;
    if (asked.path() == "/wait") {
        (void)co_await asked.until_aborted();
    } else if (asked.path() == "/deaf") {
        (void)co_await delay(10s);
    } else if (asked.path() == "/deafer") {
        (void)co_await delay(1min);
    } else if (asked.path() == "/echo") {
        co_await echo_streamed(asked, answered);
    } else if (asked.path() == "/large") {
        const std::string piece(10'000, 'x');
        for (int i = 0; i < 40; ++i) {
            if (!co_await answered.body().write(piece)) break;
        }
    } else {
        (void)co_await asked.body().discard();
        if (!asked.body().failed()) hello(asked, answered);
    }
    --running_;
}

void attacked::begin(const http2::setting_values& attackers) {
    serve([this](request& asked, response& answered) { return answer(asked, answered); });
    client(0).start();
    serve_bystander();
    started_ = 0;
    attackers_ = attackers;
    renew_attacker();
}

void attacked::renew_attacker() {
    if (attacker_ != nullptr) attacker_->vanish();
    attacker_ = &new_client();
    attacker_->start(attackers_);
    attacker_->trust();
    settle();
    slabs_before_ = most_slabs_ = here().slabs().in_use();
    pieces_before_ = here().blocks().pieces_in_use();
    heap_before_ = heap_in_use();
}

void attacked::serve_bystander() {
    client(0).get(bystanders_);
    client(0).receive_answer(bystanders_, "hello");
    bystanders_ += 2;
    --started_;
}

void attacked::watch() {
    settle();
    most_slabs_ = std::max(most_slabs_, here().slabs().in_use());
    const size_t heap = heap_in_use();
    EXPECT_LT(heap, heap_before_ + most_heap) << "heap";
    serve_bystander();
}

void attacked::expect_end(std::initializer_list<http2::error_code> codes,
                          std::initializer_list<end_reason> reasons) {
    attacker_->settle();
    EXPECT_TRUE(attacker_->gone()) << "the attacker is not ended";
    std::optional<http2::frame> last;
    while (attacker_->has_heard(0)) last = attacker_->next_of(0);
    if (!last || last->kind != http2::type::goaway) {
        ADD_FAILURE() << "no GOAWAY at the end"
                      << (attacker_->wire().was_reset() ? ", a reset" : "")
                      << (last ? ", but " + shown(*last) : "");
    } else {
        const auto code = static_cast<http2::error_code>(http2::number_in(last->payload, 4));
        EXPECT_NE(std::find(codes.begin(), codes.end(), code), codes.end()) << shown(*last);
    }
    attacker_->ignore();
    attacker_->end();
    const end_reason why = ended();
    EXPECT_NE(std::find(reasons.begin(), reasons.end(), why), reasons.end()) << name(why);
    expect_memory_back();
}

void attacked::expect_memory_back() {
    settle();
    serve_bystander();
    EXPECT_LE(here().slabs().in_use(), slabs_before_ + some_slabs) << "slabs";
    EXPECT_LE(here().blocks().pieces_in_use(), pieces_before_ + some_pieces) << "blocks";
    EXPECT_EQ(running_, 0u) << "handlers";
}

size_t attacked::heap_in_use() {
    const struct mallinfo2 of = mallinfo2();
    return of.uordblks + of.hblkhd;
}

}  // namespace saker::test

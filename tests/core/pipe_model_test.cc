// A pipe beside a std::string that does the same: tens of thousands of random operations, after
// each of which both say the same.

#include "tests/core/pipe_fixture.h"

#include <algorithm>
#include <random>
#include <vector>

namespace saker {
namespace {

using test::pipe_test;

class pipe_model_test : public pipe_test {
protected:
    void step(uint32_t kind) {
        switch (kind) {
            case 0: return append();
            case 1: return write();
            case 2: return append_received();
            case 3: return take();
            case 4: return advance();
            default: return look();
        }
    }
    std::string some(size_t most) {
        std::string text(random() % (most + 1), ' ');
        for (char& c : text) c = static_cast<char>('a' + next_++ % 26);
        return text;
    }
    void append() {
        const std::string text = some(40);
        tested.append(received(text));
        model += text;
    }
    void append_received() {
        const std::string text = some(random() % 4 == 0 ? 3000 : 30);
        tested.append_received(received(text));
        model += text;
    }
    void write() {
        const std::string text = some(random() % 16 == 0 ? 20'000 : 100);
        ASSERT_TRUE(tested.write(text));
        model += text;
    }
    void take() {
        const size_t most = random() % 200;
        const share taken = tested.take(most);
        ASSERT_LE(taken.size(), most);
        ASSERT_EQ(taken.text(), model.substr(0, taken.size()));
        ASSERT_EQ(taken.empty(), model.empty() || most == 0);
        model.erase(0, taken.size());
        examined -= std::min(examined, taken.size());
    }
    void advance() {
        const size_t seen = random() % (model.size() + 1);
        const size_t consumed = random() % (std::min<size_t>(seen, 5000) + 1);
        tested.advance(consumed, seen);
        model.erase(0, consumed);
        examined = seen - consumed;
    }
    void look() {
        const size_t at = random() % (model.size() + 1);
        ASSERT_EQ(text_of(tested, at), model.substr(at));
        std::vector<buffer> pieces(1 + random() % 30);
        std::string gathered;
        const auto all = tested.gather(pieces);
        for (size_t i = 0; i < all.pieces; ++i)
            gathered.append(static_cast<char*>(pieces[i].data), pieces[i].size);
        ASSERT_EQ(gathered, model.substr(0, all.bytes));
        ASSERT_TRUE(all.pieces == pieces.size() || all.bytes == model.size());
        ASSERT_EQ(tested.front().text(), model.substr(0, tested.front().size()));
    }

    std::mt19937 random{3};
    pipe tested{memory, options};
    std::string model;
    size_t examined = 0;

private:
    uint32_t next_ = 0;
};

TEST_F(pipe_model_test, does_what_a_string_does) {
    for (int i = 0; i < 50'000 && !HasFatalFailure(); ++i) {
        // Fills for a while, empties for a while, so that it is long and short in turns.
        const bool filling = i / 500 % 2 == 0;
        step(static_cast<uint32_t>(filling ? random() % 6 : 2 + random() % 4));
        ASSERT_EQ(tested.length(), model.size());
        ASSERT_EQ(tested.has_news(), model.size() > examined);
        ASSERT_EQ(tested.should_pause(), model.size() - examined >= 16);
        if (model.size() > 100'000) {
            tested.advance(model.size());
            model.clear();
            examined = 0;
        }
    }
}

}  // namespace
}  // namespace saker

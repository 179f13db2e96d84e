#pragma once
// The client's side of an HTTP/2 connection (RFC 9113) between two strings: what it says lies in
// `outbox`, what has come is `hear`d and told as events. It keeps the rules that a client has to
// keep, and knows those of a server: `mistake` is the first one that was broken. Nothing of it is
// GoogleTest's, for the fuzzers use it too.

#include "tests/support/http2_frames.h"
#include "tests/support/http2_hpack.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker::test::http2 {

struct side_options {
    // Of this side's first SETTINGS.
    uint32_t initial_window = 65'535;
    uint32_t max_frame_size = 16'384;
    uint32_t header_table_size = 4096;
    // Huffman codes and the dynamic table; otherwise plain literals.
    bool compresses = false;
};

struct event {
    enum class what : uint8_t { head, interim, data, trailers, reset, ended };
    what kind = what::data;
    uint32_t stream = 0;
    fields said = {};        // of a head, an interim one, trailers
    std::string bytes = {};  // of data
    uint32_t code = 0;       // of a reset
    bool last = false;       // a head that is all of its answer
};

class client_side {
public:
    // The preface and SETTINGS are in `outbox` at once.
    explicit client_side(const side_options& = {});

    // ---- what it says ----

    std::string outbox;
    // The number of the new stream.
    uint32_t open(const fields& head, bool last);
    // As much as the windows allow; how much that was. `last` goes with the last byte.
    size_t data(uint32_t stream, std::string_view bytes, bool last);
    void trailers(uint32_t stream, const fields& all);
    void reset(uint32_t stream, uint32_t code);
    void say(std::string_view frames) { outbox += frames; }
    // Anew; applied when the server has acknowledged it.
    void initial_window(uint32_t size);
    // What has come counts as taken, or does so from now on: windows are opened again.
    void grant(bool goes_on);

    [[nodiscard]] bool may_open() const;
    [[nodiscard]] size_t room(uint32_t stream) const;
    // Neither side has ended it.
    [[nodiscard]] bool is_open(uint32_t stream) const { return streams_.contains(stream); }
    [[nodiscard]] bool may_send(uint32_t stream) const;
    [[nodiscard]] size_t open_streams() const { return streams_.size(); }

    // ---- what it hears ----

    void hear(std::string_view bytes);
    [[nodiscard]] std::vector<event> take_events() { return std::exchange(events_, {}); }
    // What the server has done wrong; empty: nothing.
    [[nodiscard]] const std::string& mistake() const { return mistake_; }
    [[nodiscard]] bool greeted() const { return greeted_; }
    [[nodiscard]] bool acknowledged() const { return unacknowledged_.empty(); }
    // Of the last GOAWAY.
    [[nodiscard]] std::optional<uint32_t> goaway_code() const { return goaway_code_; }
    [[nodiscard]] uint32_t goaway_last() const { return goaway_last_; }
    [[nodiscard]] size_t pongs() const { return pongs_; }
    [[nodiscard]] uint32_t setting(setting_id id, uint32_t otherwise) const;

private:
    struct one_stream {
        int64_t send_window = 0, receive_window = 0;
        int64_t untaken = 0;  // bytes that came and were not granted again
        bool sent_end = false, heard_head = false, heard_end = false, is_head = false;
        bool connects = false;
        std::optional<uint64_t> length;  // that was announced
        uint64_t came = 0;
    };
    void wrong(std::string what);
    void take(const frame&);
    void take_data(const frame&);
    void take_head(uint32_t id, bool last);
    void take_settings(const frame&);
    void take_reset(const frame&);
    void take_goaway(const frame&);
    void take_window(const frame&);
    void check_head(uint32_t id, one_stream& of, const fields& all, bool is_trailers);
    void finish(uint32_t id);
    void take_back(uint32_t id, int64_t size);
    std::string block(const fields& all);

    side_options chosen_;
    hpack_encoder encoder_;
    hpack_decoder decoder_;
    std::string inbox_;
    std::vector<event> events_;
    std::string mistake_;
    std::map<uint32_t, one_stream> streams_;
    std::map<setting_id, uint32_t> settings_;
    std::deque<setting_values> unacknowledged_;
    uint32_t next_ = 1;
    int64_t send_window_ = 65'535, receive_window_ = 65'535;
    int64_t untaken_ = 0;
    int64_t initial_send_window_ = 65'535;
    int64_t initial_receive_window_ = 65'535;
    bool grants_ = true, greeted_ = false;
    std::optional<uint32_t> goaway_code_;
    uint32_t goaway_last_ = 0x7fffffff;
    size_t pongs_ = 0;
    // A head whose CONTINUATIONs are still to come.
    uint32_t head_of_ = 0;
    bool head_is_last_ = false;
    std::string head_block_;
};

}  // namespace saker::test::http2

#pragma once
// A client that says over HTTP/2 what a test says in HTTP/1.1's words, and tells what it hears in
// them: each request is a stream, answers are told in the order of the requests. A body without a
// length is chunks, one for each DATA frame; the reset of a stream is told as that of a connection,
// and the conversation goes on behind `receive_reset`. What HTTP/2 has not (Connection,
// Transfer-Encoding) is not said; an `Upgrade` is an extended CONNECT (RFC 8441).

#include "tests/support/conversation.h"
#include "tests/support/http2_side.h"

#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace saker::test {

class http2_text_client final : public conversation {
public:
    struct wire_options {
        bool secure = false;  // which keeps what it could not say
        http2::side_options side = {};
    };
    http2_text_client(turns& server, std::unique_ptr<conversation> wire, const wire_options&);
    ~http2_text_client() override;

    // The preface, and SETTINGS both ways.
    void greet();

    void send_raw(std::string_view text) override;
    // Bytes of a body that the server's windows did not let go: they are the test's to say again.
    // Requests that have to wait for their streams are not among them: they are sent later.
    [[nodiscard]] size_t unsent() const override { return unsent_; }
    // A tunnel's end, or else the connection's.
    void end() override;
    void vanish() override;
    // Windows are not opened any more, and what comes is not told; frames are still read.
    void stop_reading() override;
    void go_on_reading() override;
    [[nodiscard]] bool ended() const override;
    [[nodiscard]] bool was_reset() const override;
    bool turn() override;
    void receive_end() override;
    // Of the stream that is next to be told.
    void receive_reset() override;
    // All of these bytes, in whatever chunks.
    void receive_chunks(std::initializer_list<std::string_view> pieces) override;

    [[nodiscard]] conversation& wire() { return *wire_; }
    [[nodiscard]] http2::client_side& side() { return side_; }
    // Of the last `receive_reset`.
    [[nodiscard]] uint32_t reset_code() const { return reset_code_; }
    // The request that is next to be told, or being told, is not wanted any more.
    void cancel(uint32_t code = 8);

private:
    enum class saying : uint8_t { head, sized, chunk_size, chunk, chunk_end, trailers, tunnel };
    struct answer {
        uint32_t stream = 0;
        bool is_head = false, chunked = false, tunnels = false;
        std::string text = {};  // not told yet
        http2::fields trailers = {};
        bool complete = false, reset = false;
        uint32_t code = 0;
    };
    void gather() override { pump(); }
    bool say_some();
    bool say_head();
    bool say_body();
    bool say_chunk_line();
    bool say_trailers();
    bool open(std::string_view head);
    bool take_line(std::string_view& line);
    void pump();
    void flush();
    void tell(const http2::event& of);
    void tell_head(answer& to, const http2::event& of);
    void forward();

    std::unique_ptr<conversation> wire_;
    const wire_options chosen_;
    http2::client_side side_;
    std::string pending_;  // frames that the wire has not taken
    // What is said.
    std::string text_;
    saying now_ = saying::head;
    uint32_t to_ = 0;
    uint64_t left_ = 0;
    size_t unsent_ = 0;
    // What is told.
    std::deque<answer> answers_;
    bool tells_ = true, complained_ = false, tunnel_ended_ = false;
    uint32_t reset_code_ = 0;
};

}  // namespace saker::test

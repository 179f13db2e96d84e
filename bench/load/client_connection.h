#pragma once
// One HTTP/1.1 connection of the load generator, over TLS or plain, that never waits: it is opened,
// asked for one request after another, and says at each event what has become of it. Of chunked
// answers it only knows the end.

#include <netinet/in.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace saker::load {

// What connections of one kind have in common; it outlives them.
struct target {
    sockaddr_in address{};
    SSL_CTX* tls = nullptr;  // null: plain
    bool resumes = false;    // offers the session of its last full handshake
    bool stamps = false;     // plain: when the kernel has received an answer
    std::string head;        // of the request
    uint64_t body = 0;       // bytes that follow the head
};

// Looks for the end of an answer.
class answer_reader {
public:
    enum class state : uint8_t { more, complete, bad };
    void begin() noexcept {
        head_.clear(), last_.clear();
        rest_ = 0;
        in_body_ = chunked_ = false;
    }
    state take(std::string_view bytes);
    [[nodiscard]] bool succeeded() const noexcept { return succeeded_; }

private:
    [[nodiscard]] bool read_head(std::string_view head);
    std::string head_, last_;  // of a chunked body: its last bytes
    uint64_t rest_ = 0;
    bool in_body_ = false, chunked_ = false, succeeded_ = false;
};

class client_connection {
public:
    enum class outcome : uint8_t { waits, opened, answered, failed };

    client_connection() = default;
    ~client_connection() { close(); }
    client_connection(const client_connection&) = delete;
    client_connection& operator=(const client_connection&) = delete;

    // Begins to connect; events of `epoll` carry a pointer to this. False where the system refuses.
    bool open(int epoll, const target& to);
    // Begins a request on an open connection without another one.
    void request();
    // After an event. At most one thing becomes of it; `answered` once the request is sent, too.
    outcome advance();
    // Says goodbye and closes; may be called twice.
    void close();

    [[nodiscard]] bool is_open() const noexcept { return state_ == state::open; }
    [[nodiscard]] bool succeeded() const noexcept { return answer_.succeeded(); }
    [[nodiscard]] bool resumed() const noexcept {
        return ssl_ != nullptr && SSL_session_reused(ssl_.get()) == 1;
    }
    [[nodiscard]] SSL* tls() const noexcept { return ssl_.get(); }
    [[nodiscard]] uint64_t received() const noexcept { return received_; }

    uint64_t since = 0;    // the caller's: when this should have begun
    uint64_t sent_at = 0;  // when the request was really begun
    uint64_t arrived = 0;  // with stamps: when the kernel had the answer's last piece, by its clock
    bool secondary = false;  // the caller's

private:
    enum class state : uint8_t { closed, connecting, shaking, open };
    struct freed {
        void operator()(SSL* it) const noexcept { SSL_free(it); }
        void operator()(SSL_SESSION* it) const noexcept { SSL_SESSION_free(it); }
    };
    enum class progress : uint8_t { done, blocked, failed };

    outcome connected();
    outcome shake();
    progress flush();
    progress receive();
    // Bytes written or read; 0 where it has to wait, less where it failed.
    long write_some(std::string_view bytes);
    long read_some(char* to, size_t size);
    long read_with_stamp(char* to, size_t size);
    long tls_result(int result);
    void listen_for(uint32_t events);
    friend int keep_session(SSL* ssl, SSL_SESSION* given);

    state state_ = state::closed;
    bool in_flight_ = false, answered_ = false;
    bool broken_ = false;  // SSL_shutdown must not be called any more
    int epoll_ = -1, fd_ = -1;
    uint32_t events_ = 0;
    const target* to_ = nullptr;
    std::unique_ptr<SSL, freed> ssl_;
    std::unique_ptr<SSL_SESSION, freed> session_;
    uint64_t sent_ = 0, received_ = 0;
    answer_reader answer_;
};

// For SSL_CTX_sess_set_new_cb of a context that such connections use.
int keep_session(SSL* ssl, SSL_SESSION* given);

}  // namespace saker::load

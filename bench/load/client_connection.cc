// See client_connection.h.

#include "bench/load/client_connection.h"

#include "bench/load/measure.h"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <strings.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace saker::load {

namespace {

constexpr size_t most_head = 16 * 1024;
const std::string body_block(16 * 1024, 'x');
std::array<char, 256 * 1024> received_bytes;

}  // namespace

bool answer_reader::read_head(std::string_view head) {
    if (head.size() < 12 || head.substr(0, 7) != "HTTP/1.") return false;
    succeeded_ = head[9] == '2';
    const auto after = [](std::string_view line, std::string_view name) {
        const bool has =
            line.size() > name.size() && strncasecmp(line.data(), name.data(), name.size()) == 0;
        const size_t at = has ? line.find_first_not_of(' ', name.size()) : line.npos;
        return at == line.npos ? std::string_view() : line.substr(at);
    };
    for (size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at + 2)) {
        const std::string_view line = head.substr(at + 2);
        if (const auto length = after(line, "content-length:"); !length.empty())
            return std::from_chars(length.data(), length.data() + length.size(), rest_).ec ==
                   std::errc();
        if (after(line, "transfer-encoding:").substr(0, 7) == "chunked") return chunked_ = true;
    }
    return false;
}

answer_reader::state answer_reader::take(std::string_view bytes) {
    if (!in_body_) {
        const size_t before = head_.size();
        std::string_view all = bytes;
        if (before > 0) all = head_.append(bytes);
        const size_t end = all.find("\r\n\r\n");
        if (end == all.npos) {
            if (all.size() > most_head) return state::bad;
            if (before == 0) head_ = bytes;
            return state::more;
        }
        if (!read_head(all.substr(0, end + 2))) return state::bad;
        in_body_ = true;
        bytes.remove_prefix(end + 4 - before);
    }
    if (chunked_) {
        constexpr std::string_view end = "0\r\n\r\n";
        last_.append(bytes.substr(bytes.size() - std::min(bytes.size(), end.size())));
        if (last_.size() > end.size()) last_.erase(0, last_.size() - end.size());
        return last_ == end ? state::complete : state::more;
    }
    if (bytes.size() > rest_) return state::bad;
    rest_ -= bytes.size();
    return rest_ == 0 ? state::complete : state::more;
}

int keep_session(SSL* ssl, SSL_SESSION* given) {
    // The one of a full handshake is kept as long as it is taken: some servers do not take those
    // that they give on a resumed connection.
    if (SSL_session_reused(ssl) == 1) return 0;
    static_cast<client_connection*>(SSL_get_app_data(ssl))->session_.reset(given);
    return 1;
}

bool client_connection::open(int epoll, const target& to) {
    close();
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return false;
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (to.stamps) setsockopt(fd_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    const auto* address = reinterpret_cast<const sockaddr*>(&to.address);
    if (connect(fd_, address, sizeof to.address) != 0 && errno != EINPROGRESS) {
        ::close(std::exchange(fd_, -1));
        return false;
    }
    epoll_ = epoll, to_ = &to;
    state_ = state::connecting;
    events_ = EPOLLIN | EPOLLOUT;
    epoll_event event{};
    event.events = events_;
    event.data.ptr = this;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &event);
    return true;
}

void client_connection::close() {
    if (ssl_ != nullptr) {
        if (state_ == state::open && !broken_) SSL_shutdown(ssl_.get());
        ERR_clear_error();
        ssl_.reset();
    }
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    state_ = state::closed;
    in_flight_ = answered_ = broken_ = false;
}

void client_connection::request() {
    sent_ = 0, received_ = 0;
    in_flight_ = true, answered_ = false;
    answer_.begin();
    sent_at = now();
    // What fails here fails again at the next event.
    if (flush() == progress::failed) listen_for(EPOLLIN | EPOLLOUT);
}

client_connection::outcome client_connection::advance() {
    switch (state_) {
        case state::closed: return outcome::waits;
        case state::connecting: return connected();
        case state::shaking: return shake();
        case state::open: break;
    }
    if (in_flight_ && flush() == progress::failed) return outcome::failed;
    const progress read = receive();
    if (read == progress::failed) return outcome::failed;
    if (read == progress::done) answered_ = true;
    if (!in_flight_ || !answered_ || sent_ < to_->head.size() + to_->body) return outcome::waits;
    in_flight_ = false;
    return outcome::answered;
}

client_connection::outcome client_connection::connected() {
    int mistake = 0;
    socklen_t size = sizeof mistake;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &mistake, &size);
    if (mistake != 0) return outcome::failed;
    if (to_->tls == nullptr) {
        state_ = state::open;
        listen_for(EPOLLIN);
        return outcome::opened;
    }
    ssl_.reset(SSL_new(to_->tls));
    SSL_set_fd(ssl_.get(), fd_);
    SSL_set_app_data(ssl_.get(), this);
    if (to_->resumes && session_ != nullptr) {
        // A copy: OpenSSL spoils the one that it was given once a new ticket comes.
        const std::unique_ptr<SSL_SESSION, freed> copy(SSL_SESSION_dup(session_.get()));
        SSL_set_session(ssl_.get(), copy.get());
    }
    state_ = state::shaking;
    return shake();
}

client_connection::outcome client_connection::shake() {
    const int result = SSL_connect(ssl_.get());
    if (result == 1) {
        state_ = state::open;
        listen_for(EPOLLIN);
        return outcome::opened;
    }
    if (tls_result(result) < 0) return outcome::failed;
    listen_for(SSL_want_write(ssl_.get()) ? EPOLLOUT : EPOLLIN);
    return outcome::waits;
}

client_connection::progress client_connection::flush() {
    const uint64_t head = to_->head.size(), all = head + to_->body;
    while (sent_ < all) {
        std::string_view piece = body_block;
        if (sent_ < head)
            piece = std::string_view(to_->head).substr(sent_);
        else
            piece = piece.substr(0, std::min<uint64_t>(piece.size(), all - sent_));
        const long sent = write_some(piece);
        if (sent < 0) return progress::failed;
        if (sent == 0) {
            listen_for(EPOLLIN | EPOLLOUT);
            return progress::blocked;
        }
        sent_ += static_cast<uint64_t>(sent);
    }
    listen_for(EPOLLIN);
    return progress::done;
}

// Once a wake-up, and what OpenSSL has taken in already; no call that would only say "no more".
client_connection::progress client_connection::receive() {
    do {
        const long got = read_some(received_bytes.data(), received_bytes.size());
        if (got < 0) return progress::failed;
        if (got == 0) return progress::blocked;
        received_ += static_cast<uint64_t>(got);
        if (!in_flight_) return progress::failed;
        switch (answer_.take({received_bytes.data(), static_cast<size_t>(got)})) {
            case answer_reader::state::bad: return progress::failed;
            case answer_reader::state::complete: return progress::done;
            case answer_reader::state::more: break;
        }
    } while (ssl_ != nullptr && SSL_has_pending(ssl_.get()) == 1);
    return progress::blocked;
}

long client_connection::tls_result(int result) {
    if (result > 0) return result;
    const int what = SSL_get_error(ssl_.get(), result);
    if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE) return 0;
    ERR_clear_error();
    broken_ = true;
    return -1;
}

long client_connection::write_some(std::string_view bytes) {
    if (ssl_ != nullptr)
        return tls_result(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())));
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent < 0 && errno == EAGAIN ? 0 : sent;
}

long client_connection::read_some(char* to, size_t size) {
    if (ssl_ != nullptr) return tls_result(SSL_read(ssl_.get(), to, static_cast<int>(size)));
    const ssize_t got = to_->stamps ? read_with_stamp(to, size) : recv(fd_, to, size, 0);
    if (got < 0 && errno == EAGAIN) return 0;
    return got == 0 ? -1 : got;
}

long client_connection::read_with_stamp(char* to, size_t size) {
    alignas(cmsghdr) char control[128];
    iovec where{to, size};
    msghdr message{};
    message.msg_iov = &where, message.msg_iovlen = 1;
    message.msg_control = control, message.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(fd_, &message, 0);
    if (got <= 0) return got;
    for (cmsghdr* each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_TIMESTAMPNS) continue;
        timespec when{};
        std::memcpy(&when, CMSG_DATA(each), sizeof when);
        arrived = static_cast<uint64_t>(when.tv_sec) * 1'000'000'000 +
                  static_cast<uint64_t>(when.tv_nsec);
    }
    return got;
}

void client_connection::listen_for(uint32_t events) {
    if (events_ == events) return;
    events_ = events;
    epoll_event event{};
    event.events = events;
    event.data.ptr = this;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, fd_, &event);
}

}  // namespace saker::load

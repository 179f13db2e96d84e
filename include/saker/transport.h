#pragma once
// The seam between the engine and a kernel: the engine asks, the transport answers later, from
// `wait`. Completion-shaped, pull: nothing happens that was not asked for. To write a transport,
// implement `transport` and `transport_factory` and keep the eight promises, each of which is a
// test that runs over every transport (docs/the_seam.md):
//
//  1. An answer never arrives inside the call that asked; answers come from `wait`, in order.
//  2. One question, one answer. Back-pressure is not asking. What a transport reads ahead on its
//     own account is bounded, and is cancelled when nobody asks.
//  3. Received bytes are in a slab of the core's pool, chosen when they arrive: a quiet connection
//     holds no buffer. Where no slab is free the answer waits until one is.
//  4. A send is answered once and whole, or with an error; its memory is the caller's again then.
//  5. The end is seen even when it came with the last bytes.
//  6. `close` answers everything in flight first (cancelled), then itself; after that the transport
//     holds nothing of the caller's.
//  7. A slot used again hears nothing of its past.
//  8. `wake` ends a `wait` from any thread, now or the next one.

#include <saker/assert.h>
#include <saker/buffer.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace saker {

using steady_time = std::chrono::steady_clock::time_point;

// Names a socket of one transport. The generation tells a slot that is used again from the socket
// that had it before, so that a late event is dropped instead of delivered to a stranger.
struct socket_id {
    uint32_t slot = UINT32_MAX;
    uint32_t generation = 0;
    friend bool operator==(socket_id, socket_id) = default;
};

// One question to a transport. It lives inside its owner, is never copied or allocated, and asks
// one question at a time; it must outlive its answer.
struct operation {
    using completion = void(operation&) noexcept;

    explicit operation(completion* when_answered) noexcept : on_complete(when_answered) {}
    operation(const operation&) = delete;
    operation& operator=(const operation&) = delete;
    ~operation() { SAKER_ASSERT(!in_flight, "an operation must outlive its answer"); }
    void ask() noexcept {
        SAKER_ASSERT(!in_flight, "an operation asks one question at a time");
        in_flight = true;
    }

    completion* const on_complete;
    operation* next = nullptr;  // in an operation_queue
    int32_t result = 0;         // >= 0: the answer; < 0: a negated errno
    bool in_flight = false;     // asked and not answered yet
};

struct accept_operation : operation {
    using operation::operation;
    socket_id accepted;  // valid where result >= 0
};

struct receive_operation : operation {
    using operation::operation;
    share data;  // result bytes in the transport's choice of memory; empty at the end (result 0)
};

struct send_operation : operation {
    using operation::operation;
    std::span<buffer> pieces;  // lent until answered; the transport may change them while it sends
    // The asker has nothing to do at the answer but give memory back: a transport that knows of
    // the success early may answer at its next `wait` that has something else to say.
    bool unhurried = false;

    // Takes `size` bytes off the front. True where nothing is left.
    bool sent(size_t size) noexcept;
};

struct close_operation : operation {
    using operation::operation;
    // A reset tells the peer that something was lost; otherwise what was sent is delivered first.
    bool reset = false;
};

// Binds an operation to a member function of the object that it is a part of:
//     operation_of<receive_operation, &connection::on_received> receive_{*this};
template <class Operation, auto OnComplete>
struct operation_of;

template <class Operation, class Owner, void (Owner::*OnComplete)() noexcept>
struct operation_of<Operation, OnComplete> final : Operation {
    explicit operation_of(Owner& part_of) noexcept : Operation(run), owner(part_of) {}
    Owner& owner;

private:
    static void run(operation& op) noexcept {
        (static_cast<operation_of&>(op).owner.*OnComplete)();
    }
};

// First in, first out; the links are in the operations.
class operation_queue {
public:
    [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
    // Queues the answer to `op`, which may be asked again from its completion on.
    void answer(operation& op, int32_t result) noexcept {
        SAKER_ASSERT(op.in_flight, "what is answered was asked");
        op.result = result;
        op.next = nullptr;
        *tail_ = &op;
        tail_ = &op.next;
    }
    // Answers the operation that a slot remembers, if it does, and forgets it.
    template <class Operation>
    void answer_and_clear(Operation*& pending, int32_t result) noexcept {
        if (pending != nullptr) answer(*std::exchange(pending, nullptr), result);
    }
    // The next answer, no longer in flight; null where there is none.
    operation* pop() noexcept {
        operation* const first = head_;
        if (first == nullptr) return nullptr;
        head_ = first->next;
        if (head_ == nullptr) tail_ = &head_;
        first->in_flight = false;
        return first;
    }

    operation_queue() noexcept = default;
    operation_queue(const operation_queue&) = delete;
    operation_queue& operator=(const operation_queue&) = delete;

private:
    operation* head_ = nullptr;
    operation** tail_ = &head_;
};

// Where to listen, and how. A TCP endpoint that several cores listen on is opened once a core with
// SO_REUSEPORT; a Unix domain socket is opened once, and its descriptor is shared by the cores.
struct endpoint {
    enum class kind : uint8_t { tcp4, tcp6, unix_socket, handle };

    kind family = kind::tcp4;
    uint16_t port = 0;         // 0: the system's choice, written back by `listen`
    uint8_t address[16] = {};  // network order; tcp4 uses the first four
    uint32_t scope_id = 0;     // of a link-local tcp6 address
    bool dual_stack = false;   // tcp6 on ::, takes IPv4 too
    bool reuse_port = false;   // several listeners of this process share the port
    std::string path;          // of a unix_socket
    uint32_t mode = 0;         // permission bits of its file; 0: what the umask leaves
    int handle = -1;           // an open listening descriptor, which cores may share
    uint32_t backlog = 512;    // Kestrel's SocketTransportOptions.Backlog
    bool no_delay = true;      // Kestrel's SocketTransportOptions.NoDelay
};

// Whose a socket's ends are, as text: "127.0.0.1:5000", "[::1]:5000", "unix:/run/x.sock", "".
struct socket_names {
    std::string local, remote;
};

// What a transport has done since it was made, in its own words: io_uring's submissions and
// completions; for epoll, system calls and events.
struct transport_work {
    uint64_t submissions = 0, completions = 0;
};

// One a core. That core's thread only, `wake` excepted.
class transport {
public:
    virtual ~transport() = default;
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    // Opens a listener; 0, or a negated errno. Writes the port that the system chose into `where`.
    virtual int listen(endpoint& where, socket_id& listener) noexcept = 0;
    // Takes over a connected stream socket (a handed-over one, a test's): 0, or a negated errno.
    virtual int adopt(int native_socket, socket_id& socket) noexcept = 0;

    virtual void accept(socket_id listener, accept_operation&) noexcept = 0;
    // Some bytes, at least one; 0 at the end.
    virtual void receive(socket_id, receive_operation&) noexcept = 0;
    // All of them, or an error. One send of a socket at a time.
    virtual void send(socket_id, send_operation&) noexcept = 0;
    // Says "no more from me" to the peer; receiving goes on. Not while a send is in flight.
    virtual void end_output(socket_id) noexcept = 0;
    virtual void close(socket_id, close_operation&) noexcept = 0;

    [[nodiscard]] virtual socket_names names(socket_id) const = 0;
    // The operating system's handle, for what only it can do (kTLS, options); -1: there is none.
    [[nodiscard]] virtual int native(socket_id) const noexcept = 0;

    // Doors for a kernel that speaks TLS, each before it is given a key through `native`. False
    // where the transport cannot do that, or not now: then it is given none, and may be later.
    //
    // It encrypts what is sent from now on: sends are made with no flag that it does not take
    // (MSG_WAITALL), and promise 4 is kept all the same. Between two sends.
    [[nodiscard]] virtual bool prepare_to_encrypt(socket_id) noexcept { return false; }
    // It decrypts what is received from now on, `op` being what asks for it. False too while
    // something that has come is on its way in `op`, or was read ahead. From now on a short receive
    // may have left something, and one that has failed is asked again by who knows why: the kernel
    // answers -EIO for a record that is no data, until that was read through `native`.
    [[nodiscard]] virtual bool prepare_to_decrypt(socket_id, const receive_operation&) noexcept {
        return false;
    }

    // Called about once a second: memory that has not been needed since the last time may go.
    virtual void tidy() noexcept {}
    // Asked about once a second, for metrics; a transport that does not count says zeros.
    [[nodiscard]] virtual transport_work work() const noexcept { return {}; }

    // Waits for an answer until `until` at the latest, and appends the answers.
    virtual void wait(operation_queue& answered, steady_time until) noexcept = 0;
    // Ends a `wait` early. The one function that any thread may call.
    virtual void wake() noexcept = 0;
};

// What a transport can do here, or why it cannot and how to mend that.
struct transport_probe {
    bool usable = false;
    std::string detail;  // usable: what was found ("Linux 6.18, multishot ..."); else why not
    std::string remedy;  // how to mend it; empty where usable
};

// Makes one transport a core. Must outlive the server that uses it; any thread.
class transport_factory {
public:
    virtual ~transport_factory() = default;
    // The name that `transport_options::name` chooses it by.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    [[nodiscard]] virtual transport_probe probe() const = 0;
    // Called on the core's own thread. Null where it fails now although `probe` said usable;
    // `error` says why.
    [[nodiscard]] virtual std::unique_ptr<transport> make(slab_pool&, std::string& error) const = 0;
};

// The engine's own, by name ("io_uring", "epoll"): for a plug-in that adds something to one.
// Null where this build has none of that name.
[[nodiscard]] const transport_factory* built_in_transport(std::string_view name) noexcept;

inline bool send_operation::sent(size_t size) noexcept {
    while (size > 0) {
        buffer& front = pieces.front();
        const size_t taken = size < front.size ? size : front.size;
        front.data = static_cast<std::byte*>(front.data) + taken;
        front.size -= taken;
        size -= taken;
        if (front.size == 0) pieces = pieces.subspan(1);
    }
    return pieces.empty();
}

}  // namespace saker

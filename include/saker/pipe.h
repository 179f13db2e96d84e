#pragma once
// A pipe carries shares of memory from one writer to one reader on the same core. Nothing is
// copied but what `write` is given as text, and small parts of large blocks (`append`). The writer
// appends and flushes, and is suspended while the reader is too far behind; the reader looks at
// what there is and says how far it got.

#include <saker/buffer.h>
#include <saker/task.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace saker {

class slab_writer;  // the core's memory for what is written as text

// Kestrel: MaxReadBufferSize 1 MiB, MaxWriteBufferSize 64 KiB; resume at half.
struct pipe_options {
    size_t pause_writer_threshold = 64 * 1024;
    size_t resume_writer_threshold = 32 * 1024;
};

// Sees what is written to a pipe, as it is written; changes nothing. It stays where it is until it
// is replaced, and hands on what it is told to the one that it has replaced.
class pipe_tap {
public:
    virtual void written(std::string_view bytes) noexcept = 0;
    // `error` is a negated errno, or 0 for an orderly end.
    virtual void completed(int error) noexcept = 0;

protected:
    ~pipe_tap() = default;
};

class pipe {
public:
    pipe(slab_writer& memory, const pipe_options& options) noexcept
        : memory_(memory), options_(options) {}
    ~pipe() { clear(); }
    pipe(const pipe&) = delete;
    pipe& operator=(const pipe&) = delete;

    // ---- the writer ----

    // A part of a block that is far larger, as a received slab is, is copied if it is small: a peer
    // that sends byte by byte and reads nothing would keep a slab for each.
    void append(share bytes);
    // As `append`, but small pieces are copied behind the last one where there is room, so that a
    // peer that sends a byte at a time does not pin a slab for each.
    void append_received(share bytes);
    // Copies behind the last share, where that has room which nobody else sees; false where not.
    bool extend(std::string_view bytes) noexcept;
    // Copies. False where the core has no slab left: nothing was written.
    bool write(std::string_view text);
    // `size` (at most a slab) contiguous bytes to write into; then `commit` what was written.
    // Null where the core has no slab left. Nothing else may be written in between.
    [[nodiscard]] char* reserve(size_t size) noexcept;
    void commit(size_t size);
    // No more will be written; `error` is a negated errno, or 0 for an orderly end.
    void complete(int error = 0) noexcept;
    // Makes what was written visible to the reader.
    void publish() noexcept { wake_reader(); }
    // Publishes, and suspends while the reader is too far behind. False: nobody reads any more.
    [[nodiscard]] auto flush() noexcept {
        struct awaiter {
            pipe& self;
            bool await_ready() noexcept {
                self.publish();
                return !self.should_pause();
            }
            void await_suspend(std::coroutine_handle<> waiting) noexcept {
                self.when_room(continuation::of(waiting));
            }
            bool await_resume() const noexcept { return !self.reader_gone_; }
        };
        return awaiter{*this};
    }
    // What was examined and not consumed does not count: the reader waits for what is behind it,
    // and two that wait for each other would do so for ever.
    [[nodiscard]] bool should_pause() const noexcept {
        return length_ - examined_ >= options_.pause_writer_threshold && !reader_gone_;
    }
    // What the reader has not looked at yet.
    [[nodiscard]] size_t unexamined() const noexcept { return length_ - examined_; }
    // Run once when the reader has caught up to the resume threshold, or has gone.
    void when_room(continuation next) noexcept { writer_ = next; }

    // Whoever watches: the one before is returned, null for none.
    pipe_tap* tap(pipe_tap* watches) noexcept { return std::exchange(tap_, watches); }
    [[nodiscard]] bool is_watched() const noexcept { return tap_ != nullptr; }

    // ---- the reader ----

    // Suspends until there is more than was examined. False at the end: nothing more will come.
    [[nodiscard]] auto read() noexcept {
        struct awaiter {
            pipe& self;
            bool await_ready() const noexcept { return self.has_news(); }
            void await_suspend(std::coroutine_handle<> waiting) noexcept {
                self.when_readable(continuation::of(waiting));
            }
            bool await_resume() const noexcept { return self.length_ > self.examined_; }
        };
        return awaiter{*this};
    }
    [[nodiscard]] bool has_news() const noexcept { return length_ > examined_ || completed_; }
    // Run once when there is more than was examined, or the writer has completed.
    void when_readable(continuation next) noexcept { reader_ = next; }

    [[nodiscard]] size_t length() const noexcept { return length_; }
    [[nodiscard]] bool empty() const noexcept { return length_ == 0; }
    [[nodiscard]] bool completed() const noexcept { return completed_; }
    [[nodiscard]] int error() const noexcept { return error_; }
    // The first contiguous bytes; all of them where `front().size() == length()`.
    [[nodiscard]] const share& front() const noexcept;
    // Copies up to `into.size()` bytes from `from` on; how many.
    size_t copy_to(std::span<char> into, size_t from = 0) const noexcept;
    [[nodiscard]] size_t segment_count() const noexcept { return count_; }
    // Describes up to `into.size()` segments as pieces to send; how many, and their bytes.
    struct gathered {
        size_t pieces, bytes;
    };
    [[nodiscard]] gathered gather(std::span<buffer> into) const noexcept;
    // Takes up to `most` of the front bytes out as a share: consumed, and the taker's own.
    [[nodiscard]] share take(size_t most) noexcept;
    // As `take`, but a writer that waits for room goes on only when `let_write` is called: for a
    // reader in whose midst nobody else may run.
    [[nodiscard]] share take_quietly(size_t most) noexcept;
    void let_write() noexcept { wake_writer(); }
    // Gives back `consumed` bytes; the next read waits for more than `examined` (of one count).
    void advance(size_t consumed, size_t examined) noexcept;
    void advance(size_t consumed) noexcept { advance(consumed, consumed); }
    // Wakes the reader without news: its `read` says false though the pipe is not at its end.
    void interrupt() noexcept {
        if (reader_) run(std::exchange(reader_, {}));
    }
    // Nobody will read any more: what is there is dropped, and so is all that comes.
    void stop_reading() noexcept;
    // The same, but what is there is kept until `stop_reading`: it is being sent.
    void leave() noexcept {
        reader_gone_ = true;
        wake_writer();
    }
    [[nodiscard]] bool reader_gone() const noexcept { return reader_gone_; }

private:
    struct segment;

    void push(share bytes);
    void pop() noexcept;
    void clear() noexcept;
    void wake_reader() noexcept {
        if (reader_ && has_news()) run(std::exchange(reader_, {}));
    }
    void wake_writer() noexcept {
        if (writer_ && (length_ - examined_ <= options_.resume_writer_threshold || reader_gone_))
            run(std::exchange(writer_, {}));
    }
    static void run(continuation next) noexcept { next.run(next.context); }

    slab_writer& memory_;
    const pipe_options& options_;  // outlives the pipe: the endpoint's, not the connection's
    segment* first_ = nullptr;
    segment* last_ = nullptr;
    size_t length_ = 0;
    size_t examined_ = 0;
    continuation reader_, writer_;
    pipe_tap* tap_ = nullptr;
    uint32_t count_ = 0;  // of segments
    int16_t error_ = 0;   // a negated errno
    bool completed_ = false;
    bool reader_gone_ = false;
};

}  // namespace saker

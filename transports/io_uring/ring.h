#pragma once
// A ring of io_uring over its three system calls: submissions in, completions out, one enter for
// both. A thin layer of our own, because liburing 2.3 cannot have IORING_SETUP_NO_SQARRAY, and
// because a full queue must never mean a system call inside a question: what does not fit waits
// in a backlog. That core's thread only, which has to be the one that opened it.

#include <saker/transport.h>

#include <linux/io_uring.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace saker {

class ring {
public:
    ring() noexcept = default;
    ~ring();
    ring(const ring&) = delete;
    ring& operator=(const ring&) = delete;

    // 0, or a negated errno; -EINVAL where the kernel is older than 6.1.
    [[nodiscard]] int open(unsigned submissions, unsigned completions) noexcept;
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

    // A zeroed submission, to be filled in before the next one is asked for.
    [[nodiscard]] io_uring_sqe& submission() noexcept;
    // Counts submissions: that of the last one handed out, and whether the kernel has taken it.
    [[nodiscard]] uint32_t position() const noexcept {
        return tail_ + static_cast<uint32_t>(backlog_.size());
    }
    [[nodiscard]] bool has_taken(uint32_t position) const noexcept;
    [[nodiscard]] bool has_submissions() const noexcept { return !has_taken(position()); }

    // Submits everything, and sleeps until there is a completion if there is none, `until` at the
    // latest. A signal, and memory that the kernel lacks, end it early.
    void enter(bool sleep, steady_time until) noexcept;

    // Completions that can be read, the first one is number 0; and how many have been dealt with.
    [[nodiscard]] unsigned ready() const noexcept;
    [[nodiscard]] const io_uring_cqe& completion(unsigned number) const noexcept {
        return completions_[(*cq_head_ + number) & cq_mask_];
    }
    void consume(unsigned count) noexcept;
    // There are more completions than room for them: the kernel keeps them until the next `enter`.
    // A receive may fill several provided buffers and be completed once.
    [[nodiscard]] bool has_bundles() const noexcept { return has_bundles_; }
    [[nodiscard]] bool overflowed() const noexcept;

    // Since it was opened: what was handed out, and what was dealt with.
    [[nodiscard]] transport_work work() const noexcept { return work_; }

    [[nodiscard]] int register_with(unsigned code, void* argument, unsigned count) const noexcept;

private:
    [[nodiscard]] bool map(const io_uring_params&) noexcept;
    void register_itself() noexcept;
    void fill_from_backlog() noexcept;
    [[nodiscard]] int call(unsigned submit, bool sleep, steady_time until) const noexcept;

    bool has_bundles_ = false;
    int fd_ = -1;
    int enter_fd_ = -1;  // the registered number, which saves the look-up of the descriptor
    unsigned enter_flags_ = 0;
    std::byte* rings_ = nullptr;
    size_t rings_size_ = 0;
    io_uring_sqe* submissions_ = nullptr;
    size_t submissions_size_ = 0;
    uint32_t *sq_head_ = nullptr, *sq_tail_ = nullptr, *sq_flags_ = nullptr;
    uint32_t *cq_head_ = nullptr, *cq_tail_ = nullptr;
    io_uring_cqe* completions_ = nullptr;
    uint32_t sq_entries_ = 0, cq_mask_ = 0;
    uint32_t tail_ = 0;  // behind the last submission that is in the queue
    std::vector<io_uring_sqe> backlog_;
    transport_work work_;
};

}  // namespace saker

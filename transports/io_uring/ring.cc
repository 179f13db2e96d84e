// See ring.h. Flags: DEFER_TASKRUN has completions made in `enter` and nowhere else, which costs
// 10-20 % less than the default and means that nothing moves between two enters; SUBMIT_ALL goes
// on behind a submission that is refused, whose completion says so.

#include "transports/io_uring/ring.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace saker {
namespace {

using std::chrono::nanoseconds;

// Newer than the headers of Debian 12: kernel 6.6, and a bit of IORING_ENTER_*.
constexpr unsigned setup_no_sqarray = 1u << 16;
constexpr unsigned setup_flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                                 IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP;
// IORING_FEAT_RECVSEND_BUNDLE of 6.10; and a later feature, of 6.15, for those before lost count of
// buffers when a receive was tried again.
constexpr unsigned feature_bundles = 1u << 14, feature_sound_bundles = 1u << 17;
// How long to sleep where the kernel has no memory for what is to be submitted.
constexpr std::chrono::milliseconds memory_pause{5};

uint32_t load(uint32_t* at) noexcept {
    return std::atomic_ref(*at).load(std::memory_order_acquire);
}
void store(uint32_t* at, uint32_t value) noexcept {
    std::atomic_ref(*at).store(value, std::memory_order_release);
}

}  // namespace

int ring::open(unsigned submissions, unsigned completions) noexcept {
    io_uring_params params{};
    for (const unsigned more : {setup_no_sqarray, 0u}) {
        params = {};
        params.flags = setup_flags | more;
        params.cq_entries = completions;
        fd_ = static_cast<int>(syscall(SYS_io_uring_setup, submissions, &params));
        if (fd_ >= 0 || errno != EINVAL) break;
    }
    if (fd_ < 0) return -errno;
    enter_fd_ = fd_;
    constexpr unsigned needed = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP |
                                IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_EXT_ARG |
                                IORING_FEAT_CQE_SKIP | IORING_FEAT_FAST_POLL;
    if ((params.features & needed) != needed) return -EINVAL;
    has_bundles_ = (params.features & (feature_bundles | feature_sound_bundles)) ==
                   (feature_bundles | feature_sound_bundles);
    if (!map(params)) return -errno;
    register_itself();
    return 0;
}

ring::~ring() {
    if (enter_fd_ != fd_) {  // or the thread's table keeps the ring alive
        io_uring_rsrc_update update{};
        update.offset = static_cast<uint32_t>(enter_fd_);
        [[maybe_unused]] const int left = register_with(IORING_UNREGISTER_RING_FDS, &update, 1);
    }
    if (rings_ != nullptr) munmap(rings_, rings_size_);
    if (submissions_ != nullptr) munmap(submissions_, submissions_size_);
    if (fd_ >= 0) ::close(fd_);
}

bool ring::map(const io_uring_params& params) noexcept {
    const bool has_array = (params.flags & setup_no_sqarray) == 0;
    const size_t array_end =
        has_array ? params.sq_off.array + params.sq_entries * sizeof(uint32_t) : 0;
    rings_size_ =
        std::max(params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe), array_end);
    submissions_size_ = params.sq_entries * sizeof(io_uring_sqe);
    const auto map_at = [this](size_t size, off_t offset) noexcept {
        void* const at =
            mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_, offset);
        return at == MAP_FAILED ? nullptr : at;
    };
    rings_ = static_cast<std::byte*>(map_at(rings_size_, IORING_OFF_SQ_RING));
    submissions_ = static_cast<io_uring_sqe*>(map_at(submissions_size_, IORING_OFF_SQES));
    if (rings_ == nullptr || submissions_ == nullptr) return false;
    const auto word = [this](uint32_t offset) noexcept {
        return reinterpret_cast<uint32_t*>(rings_ + offset);
    };
    sq_head_ = word(params.sq_off.head);
    sq_tail_ = word(params.sq_off.tail);
    sq_flags_ = word(params.sq_off.flags);
    cq_head_ = word(params.cq_off.head);
    cq_tail_ = word(params.cq_off.tail);
    completions_ = reinterpret_cast<io_uring_cqe*>(rings_ + params.cq_off.cqes);
    sq_entries_ = params.sq_entries;
    cq_mask_ = params.cq_entries - 1;
    for (uint32_t i = 0; has_array && i < sq_entries_; ++i) word(params.sq_off.array)[i] = i;
    return true;
}

void ring::register_itself() noexcept {
    io_uring_rsrc_update update{};
    update.offset = UINT32_MAX;
    update.data = static_cast<uint64_t>(fd_);
    if (register_with(IORING_REGISTER_RING_FDS, &update, 1) != 1) return;
    enter_fd_ = static_cast<int>(update.offset);
    enter_flags_ = IORING_ENTER_REGISTERED_RING;
}

int ring::register_with(unsigned code, void* argument, unsigned count) const noexcept {
    const long result = syscall(SYS_io_uring_register, fd_, code, argument, count);
    return result < 0 ? -errno : static_cast<int>(result);
}

io_uring_sqe& ring::submission() noexcept {
    ++work_.submissions;
    if (!backlog_.empty() || tail_ - load(sq_head_) == sq_entries_)
        return backlog_.emplace_back(io_uring_sqe{});
    io_uring_sqe& one = submissions_[tail_++ & (sq_entries_ - 1)];
    std::memset(&one, 0, sizeof one);
    return one;
}

bool ring::has_taken(uint32_t position) const noexcept {
    return static_cast<int32_t>(load(sq_head_) - position) >= 0;
}

void ring::fill_from_backlog() noexcept {
    const size_t room = sq_entries_ - (tail_ - load(sq_head_));
    const auto count = static_cast<ptrdiff_t>(std::min(room, backlog_.size()));
    for (ptrdiff_t i = 0; i < count; ++i)
        submissions_[tail_++ & (sq_entries_ - 1)] = backlog_[static_cast<size_t>(i)];
    backlog_.erase(backlog_.begin(), backlog_.begin() + count);
}

// Nobody else makes completions or takes submissions (DEFER_TASKRUN): what is true before a call
// stays true until the next.
void ring::enter(bool sleep, steady_time until) noexcept {
    for (;;) {
        if (!backlog_.empty()) fill_from_backlog();
        store(sq_tail_, tail_);
        const uint32_t submit = tail_ - load(sq_head_);
        const bool is_last = backlog_.empty();
        const int result = call(submit, sleep && is_last && ready() == 0, until);
        const bool all = has_taken(tail_);
        if (all && is_last) return;
        if (all || result > 0) continue;  // a part of it
        if (result == -EINTR) continue;
        // EAGAIN, ENOMEM or EBUSY: what has been completed is collected first, the rest is
        // submitted by the next `enter`.
        const steady_time soon = std::chrono::steady_clock::now() + memory_pause;
        [[maybe_unused]] const int ignored = call(0, sleep, std::min(soon, until));
        return;
    }
}

int ring::call(unsigned submit, bool sleep, steady_time until) const noexcept {
    const nanoseconds left = !sleep || until == steady_time::max()
                                 ? nanoseconds(0)
                                 : nanoseconds(until - std::chrono::steady_clock::now());
    __kernel_timespec timeout{.tv_sec = left.count() / 1'000'000'000,
                              .tv_nsec = left.count() % 1'000'000'000};
    io_uring_getevents_arg argument{};
    if (left.count() > 0) argument.ts = reinterpret_cast<uint64_t>(&timeout);
    const bool wait = sleep && (left.count() > 0 || until == steady_time::max());
    // GETEVENTS without anything to wait for still makes the completions that are due.
    const unsigned flags = enter_flags_ | IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
    const long result = syscall(SYS_io_uring_enter, enter_fd_, submit, wait ? 1 : 0, flags,
                                &argument, sizeof argument);
    if (result >= 0) return static_cast<int>(result);
    SAKER_ASSERT(errno != EEXIST, "a ring is used by the thread that opened it");
    SAKER_ASSERT(errno != EFAULT && errno != EBADF && errno != EINVAL,
                 "a ring is used as it is meant");
    return -errno;
}

unsigned ring::ready() const noexcept { return load(cq_tail_) - *cq_head_; }

void ring::consume(unsigned count) noexcept {
    work_.completions += count;
    store(cq_head_, *cq_head_ + count);
}

bool ring::overflowed() const noexcept { return (load(sq_flags_) & IORING_SQ_CQ_OVERFLOW) != 0; }

}  // namespace saker

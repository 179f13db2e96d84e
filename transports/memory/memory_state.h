#pragma once
// What the ends of a network in memory share, under its one lock.

#include "transports/memory/memory_network.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace saker {

// A connection: what is under way in both directions.
struct memory_wire {
    std::string to_server, to_peer;
    std::string local, remote;  // names, the server's and the peer's
    bool connected = false;     // somebody listened
    bool accepted = false;      // the server has it
    bool peer_ended = false;    // after `to_server` there is no more
    bool peer_vanished = false;
    bool peer_reads = true;
    bool server_ended = false;  // after `to_peer` there is no more
    bool server_closed = false;
    bool server_reset = false;
    int broken = 0;  // a negated errno that was ordered
};

// A listener of one core, and those who wait to be accepted.
struct memory_listener {
    endpoint where;
    uint32_t room = 0;  // of its backlog
    std::deque<std::shared_ptr<memory_wire>> waiting;
};

struct memory_state {
    explicit memory_state(memory_options chosen)
        : options(std::move(chosen)), random(options.seed) {}

    memory_options options;
    std::mutex lock;
    std::condition_variable changed;
    std::vector<std::shared_ptr<memory_listener>> listeners;
    uint16_t next_port = 49152;
    uint16_t next_peer = 10000;
    size_t next_listener = 0;
    uint64_t random;
    uint64_t asked = 0;
    uint64_t failing = 0;  // the number of the question that fails
    int failure = 0;

    // splitmix64: a number below `limit`.
    [[nodiscard]] uint64_t chance(uint64_t limit) noexcept {
        uint64_t z = random += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return (z ^ (z >> 31)) % limit;
    }
    // How many of `size` bytes move at once; `size` is not 0.
    [[nodiscard]] size_t cut(size_t size) noexcept {
        if (options.delivery == memory_options::cut::byte_by_byte) return 1;
        if (options.delivery == memory_options::cut::whole || chance(4) == 0) return size;
        return 1 + static_cast<size_t>(chance(size < 40 ? size : 40));
    }
    // The error that the question which is asked now is answered with; 0: none.
    [[nodiscard]] int count_question() noexcept { return ++asked == failing ? failure : 0; }
};

}  // namespace saker

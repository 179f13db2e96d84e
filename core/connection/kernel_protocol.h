#pragma once
// What a connection has to know of a protocol that the kernel speaks below its bytes, as it does
// TLS: such a socket may have more to say than bytes and an end. It is the connection's, and
// outlives whoever began it.

#include <chrono>
#include <cstdint>

namespace saker {

class kernel_protocol {
public:
    kernel_protocol() noexcept = default;
    kernel_protocol(const kernel_protocol&) = delete;
    kernel_protocol& operator=(const kernel_protocol&) = delete;
    virtual ~kernel_protocol() = default;

    enum class meaning : uint8_t {
        a_failure,    // what it is with any socket
        nothing,      // it was dealt with: the socket is received from again
        the_last_one  // nothing more will come; what is written is still sent
    };
    // A receive has failed with this negated errno. The end of the input may be told from here, and
    // with it that of the connection.
    [[nodiscard]] virtual meaning received(int native, int error) noexcept = 0;
    // All that was written is with the kernel, and no more will come: says the last words. False:
    // the peer takes nothing now, and closing would lose something; asked again soon.
    [[nodiscard]] virtual bool goodbye(int native,
                                       std::chrono::steady_clock::time_point now) noexcept = 0;
};

}  // namespace saker

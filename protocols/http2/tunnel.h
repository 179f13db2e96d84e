#pragma once
// A stream that is another protocol's (RFC 8441): its two pipes as a connection. Windows are given
// back as they are read.

#include <saker/connection.h>

#include <cstddef>
#include <string>

namespace saker::http2 {

class http2_stream;

class tunnel final : public connection {
public:
    explicit tunnel(http2_stream& of) noexcept;

    [[nodiscard]] std::string id() const override;
    [[nodiscard]] std::string remote_address() const override;
    [[nodiscard]] std::string local_address() const override;
    // The stream alone.
    void abort(end_reason why) noexcept override;
    void request_close(end_reason why) noexcept override;
    [[nodiscard]] bool close_requested() const noexcept override;

    // More has come into the input.
    void came(size_t size) noexcept;
    // So much of the output was sent.
    void left(size_t size) noexcept { counted_ -= size; }
    // Bytes of the output that may be sent.
    [[nodiscard]] size_t counted() const noexcept { return counted_; }

private:
    void wait_for_reading() noexcept;
    void wait_for_writing() noexcept;

    http2_stream& stream_;
    size_t owed_ = 0;     // bytes whose window was not given back
    size_t counted_ = 0;  // bytes of the output that its connection knows
    bool close_requested_ = false;
};

}  // namespace saker::http2

#pragma once
// The content of a file that may hold a private key: read whole, wiped from memory afterwards.

#include <saker/result.h>

#include <string>
#include <string_view>

namespace saker::tls {

// Bytes that are overwritten at their end.
class secret {
public:
    secret() = default;
    explicit secret(std::string bytes) noexcept : bytes_(std::move(bytes)) {}
    ~secret();
    secret(secret&& other) noexcept : bytes_(std::move(other.bytes_)) {}
    secret& operator=(secret&&) = delete;

    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

private:
    std::string bytes_;
};

// The file's, or a sentence that begins with the path in quotes.
[[nodiscard]] result<secret> read_file(const std::string& path);

// "'path'", with what could do harm in a log escaped.
[[nodiscard]] std::string in_quotes(std::string_view path);

}  // namespace saker::tls

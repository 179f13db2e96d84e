#pragma once
// The keys that session tickets are encrypted with, of all cores of a server: at random, a new one
// each hour, or from a file that several hosts share. The newest one encrypts; those that tickets
// which are still good may have been made with decrypt. Any thread.

#include <openssl/ssl.h>

#include <saker/result.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace saker::tls {

class ticket_keys {
public:
    using time = std::chrono::steady_clock::time_point;
    static constexpr auto rotation = std::chrono::hours(1);
    static constexpr size_t file_key_size = 80;  // nginx's: a name of 16 bytes, twice 32 of key

    struct key {
        std::array<unsigned char, 16> name{};
        std::array<unsigned char, 32> cipher{}, mac{};
        time made{};
    };

    // Random keys, good for `lifetime` after another one has come.
    explicit ticket_keys(std::chrono::seconds lifetime) noexcept : lifetime_(lifetime) {}
    ~ticket_keys();
    ticket_keys(const ticket_keys&) = delete;
    ticket_keys& operator=(const ticket_keys&) = delete;

    // Keys of 80 bytes each instead, from now on; or why not, and those that there were stay.
    [[nodiscard]] error use(std::string_view bytes);
    [[nodiscard]] error use_file(const std::string& path);

    // The one to encrypt with; made when the last one is an hour old. False: no randomness.
    [[nodiscard]] bool newest(time now, key& found) noexcept;
    // The one of that name. `is_newest`: it would encrypt as well.
    [[nodiscard]] bool find(const unsigned char* name, time now, key& found,
                            bool& is_newest) noexcept;

    // Tickets of the context's sessions are made with these keys, which outlive it.
    void serve(SSL_CTX*) noexcept;

private:
    void rotate(time now) noexcept;

    const std::chrono::seconds lifetime_;
    std::mutex guard_;
    bool from_file_ = false;
    std::vector<key> keys_;  // the newest first
};

}  // namespace saker::tls

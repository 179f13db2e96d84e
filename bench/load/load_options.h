#pragma once
// What the load generator is asked to do: its command line.

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace saker::load {

enum class mode : uint8_t { full, resumed, keepalive, rate, download, upload, idle };
constexpr std::array<std::string_view, 7> mode_names{"full",     "resumed", "keepalive", "rate",
                                                     "download", "upload",  "idle"};

struct load_options {
    load::mode mode = mode::keepalive;
    sockaddr_in connect{}, handshake_connect{};
    bool plain = false;
    int version = 0;
    std::string ciphers, groups = "X25519:P-256", path;
    double connections = 64, seconds = 5, warm = 0.5, count = 0, rate = 0, handshakes = 0;
    double size = 65536, pid = 0;

    [[nodiscard]] bool one_each() const { return mode == mode::full || mode == mode::resumed; }
};

// Says why, and ends the program.
[[noreturn]] void refuse(const std::string& why);

// Prints the help, or refuses, where the words ask for it.
load_options read_options(const std::vector<std::string_view>& given);

}  // namespace saker::load

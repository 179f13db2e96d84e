#pragma once
// The words of each enumeration that can be configured, and ranges in words: shared by what reads
// settings and what shows them.

#include "hosting/configuration/table/settings_table.h"

#include <saker/log.h>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace saker::wording {

template <class Value>
struct word {
    std::string_view text;
    Value value;
};
inline constexpr std::array<word<connection_limit_action>, 2> limit_actions = {{
    {"Refuse", connection_limit_action::refuse},
    {"StopAccepting", connection_limit_action::stop_accepting},
}};
inline constexpr std::array<word<log_level>, 7> levels = {{
    {"Trace", log_level::trace},
    {"Debug", log_level::debug},
    {"Information", log_level::information},
    {"Warning", log_level::warning},
    {"Error", log_level::error},
    {"Critical", log_level::critical},
    {"None", log_level::none},
}};
inline constexpr std::array<word<access_log_options::log_format>, 4> formats = {{
    {"Off", access_log_options::log_format::off},
    {"Ncsa", access_log_options::log_format::ncsa},
    {"W3c", access_log_options::log_format::w3c},
    {"Json", access_log_options::log_format::json},
}};
// The bits of Kestrel's HttpProtocols.
inline constexpr unsigned http3_bit = 4;
inline constexpr std::array<word<unsigned>, 6> protocols = {{
    {"None", 0},
    {"Http1", 1},
    {"Http2", 2},
    {"Http1AndHttp2", 3},
    {"Http3", http3_bit},
    {"Http1AndHttp2AndHttp3", 7},
}};
inline constexpr std::array<word<client_certificate_mode>, 4> client_modes = {{
    {"NoCertificate", client_certificate_mode::no_certificate},
    {"AllowCertificate", client_certificate_mode::allow_certificate},
    {"RequireCertificate", client_certificate_mode::require_certificate},
    {"DelayCertificate", client_certificate_mode::delay_certificate},
}};
inline constexpr std::array<word<ktls_mode>, 3> kernel_modes = {{
    {"Auto", ktls_mode::automatic},
    {"On", ktls_mode::on},
    {"Off", ktls_mode::off},
}};
// Bits, of which an endpoint may have several.
inline constexpr std::array<word<unsigned>, 3> tls_versions = {{
    {"None", 0},
    {"Tls12", 1},
    {"Tls13", 2},
}};
// What .NET knows beside them; Default is Ssl3 and Tls.
inline constexpr std::array<std::string_view, 5> old_versions = {"Ssl2", "Ssl3", "Tls", "Tls11",
                                                                 "Default"};

constexpr const auto& words(client_certificate_mode) noexcept { return client_modes; }
constexpr const auto& words(ktls_mode) noexcept { return kernel_modes; }
constexpr const auto& words(connection_limit_action) noexcept { return limit_actions; }
constexpr const auto& words(log_level) noexcept { return levels; }
constexpr const auto& words(access_log_options::log_format) noexcept { return formats; }

template <class... F>
struct overloaded : F... {
    using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;  // clang 14 does not deduce it by itself

template <class Table>
std::vector<std::string_view> texts(const Table& table) {
    std::vector<std::string_view> all;
    for (const auto& one : table) all.push_back(one.text);
    return all;
}

// "A, B or C".
[[nodiscard]] std::string list(std::span<const std::string_view> known);
// The same, and which of them was most likely meant.
[[nodiscard]] std::string one_of(std::string_view given, std::span<const std::string_view> known);

// "a whole number of bytes from 1 to 32", for a type that ends at `most_of_type`.
[[nodiscard]] std::string range(const setting&, uint64_t most_of_type);
// "a time such as ..., more than none, or "Infinite"".
[[nodiscard]] std::string time_range(const setting&);
[[nodiscard]] bool may_be_infinite(const setting&) noexcept;

}  // namespace saker::wording

// Showing: one visitor a question.

#include "hosting/configuration/table/setting_values.h"
#include "hosting/configuration/table/setting_words.h"
#include "hosting/configuration/values.h"

#include <charconv>

namespace saker {

namespace {

using std::chrono::milliseconds;
using namespace wording;

template <class Value>
std::string word_of(Value value) {
    for (const auto& one : words(value))
        if (one.value == value) return std::string(one.text);
    return std::to_string(static_cast<unsigned>(value));
}

std::string joined(const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
    return text;
}

std::string show_versions(ssl_protocols versions) {
    std::string text;
    for (const auto& one : tls_versions)
        if ((static_cast<unsigned>(versions) & one.value) != 0)
            text += (text.empty() ? "" : ", ") + std::string(one.text);
    return text.empty() ? "None" : text;
}

std::string show_mode(uint32_t bits) {
    char text[16];
    const auto end = std::to_chars(text, text + sizeof text, bits, 8).ptr;
    return {text, end};
}

std::string show_real(double number) {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, number).ptr;
    return {text, end};
}

std::vector<std::string_view> accepted_protocols() {
    return {"Http1", "Http2", "Http1AndHttp2", "Http1AndHttp2AndHttp3"};
}

log_level level_of(const category_level& at) {
    for (const auto& [category, level] : at.of->log_levels)
        if (category == at.category) return level;
    return at.of->minimum_log_level;
}

}  // namespace

std::vector<std::string_view> words_of(const place& at) {
    return std::visit(
        overloaded{[](connection_limit_action*) { return texts(limit_actions); },
                   [](log_level*) { return texts(levels); },
                   [](category_level) { return texts(levels); },
                   [](access_log_options::log_format*) { return texts(formats); },
                   [](http_protocols*) { return accepted_protocols(); },
                   [](std::optional<http_protocols>*) { return accepted_protocols(); },
                   [](client_certificate_mode*) { return texts(client_modes); },
                   [](std::optional<client_certificate_mode>*) { return texts(client_modes); },
                   [](ktls_mode*) { return texts(kernel_modes); },
                   [](ssl_protocols*) { return texts(tls_versions); },
                   [](std::optional<ssl_protocols>*) { return texts(tls_versions); },
                   [](auto) { return std::vector<std::string_view>(); }},
        at);
}

std::string expected_list(const place& at) {
    return words_of(at).empty() ? "a list of texts" : "a list such as [\"Tls12\", \"Tls13\"]";
}

std::string expected(const setting& row, const place& at) {
    const auto known = words_of(at);
    if (!known.empty()) return list(known);
    const std::string text = std::visit(
        overloaded{
            [](no_place) { return std::string("a text"); },
            [](bool*) { return std::string("true or false"); },
            [&](uint32_t*) { return range(row, UINT32_MAX); },
            [&](uint64_t*) { return range(row, UINT64_MAX); },
            [&](std::optional<uint64_t>*) { return range(row, UINT64_MAX); },
            [&](milliseconds*) { return time_range(row); },
            [&](std::optional<milliseconds>*) { return time_range(row); },
            [&](std::chrono::seconds*) { return time_range(row); },
            [&](std::chrono::hours*) { return time_range(row); },
            [](rate_switch) { return std::string("a section {BytesPerSecond, GracePeriod}"); },
            [](rate_speed) { return std::string("a number of bytes a second, more than 0"); },
            [&](rate_grace) { return time_range(row); },
            [](file_mode) { return std::string("permission bits in octal digits"); },
            [&](whole_seconds) { return range(row, UINT32_MAX); },
            [](auto) { return std::string("a text"); },
        },
        at);
    return takes_null(at) ? text + ", or null" : text;
}

std::string show(const place& at) {
    return std::visit(
        overloaded{
            [](no_place) { return std::string(); },
            [](bool* it) { return std::string(*it ? "true" : "false"); },
            [](uint32_t* it) { return std::to_string(*it); },
            [](uint64_t* it) { return std::to_string(*it); },
            [](std::optional<uint64_t>* it) { return *it ? std::to_string(**it) : "null"; },
            [](milliseconds* it) { return format_time_span(*it); },
            [](std::optional<milliseconds>* it) { return *it ? format_time_span(**it) : "null"; },
            [](std::string* it) { return *it; },
            [](http_protocols* it) {
                for (const auto& one : protocols)
                    if (one.value == static_cast<unsigned>(*it)) return std::string(one.text);
                return std::to_string(static_cast<unsigned>(*it));
            },
            [](std::chrono::seconds* it) { return format_time_span(*it); },
            [](std::chrono::hours* it) { return format_time_span(*it); },
            [](std::vector<std::string>* it) { return joined(*it); },
            [](ssl_protocols* it) { return show_versions(*it); },
            [](std::optional<ssl_protocols>* it) { return *it ? show_versions(**it) : ""; },
            [](std::optional<http_protocols>* it) { return *it ? show(&**it) : ""; },
            [](std::optional<client_certificate_mode>* it) { return *it ? word_of(**it) : ""; },
            [](client_certificate_mode* it) { return word_of(*it); },
            [](ktls_mode* it) { return word_of(*it); },
            [](connection_limit_action* it) { return word_of(*it); },
            [](log_level* it) { return word_of(*it); },
            [](access_log_options::log_format* it) { return word_of(*it); },
            [](rate_switch it) { return std::string(*it.rate ? "" : "null"); },
            [](rate_speed it) { return *it.rate ? show_real((*it.rate)->bytes_per_second) : ""; },
            [](rate_grace it) {
                return *it.rate ? format_time_span((*it.rate)->grace_period) : "";
            },
            [](file_mode it) { return show_mode(*it.bits); },
            [](whole_seconds it) {
                return std::to_string(
                    std::chrono::duration_cast<std::chrono::seconds>(*it.time).count());
            },
            [](category_level it) { return word_of(level_of(it)); },
        },
        at);
}

bool same_place(const place& a, const place& b) noexcept {
    if (a.index() != b.index()) return false;
    return std::visit(
        overloaded{
            [](no_place) { return false; },
            [&](category_level it) { return it.category == std::get<category_level>(b).category; },
            [&](rate_switch it) { return it.rate == std::get<rate_switch>(b).rate; },
            [&](rate_speed it) { return it.rate == std::get<rate_speed>(b).rate; },
            [&](rate_grace it) { return it.rate == std::get<rate_grace>(b).rate; },
            [&](file_mode it) { return it.bits == std::get<file_mode>(b).bits; },
            [&](whole_seconds it) { return it.time == std::get<whole_seconds>(b).time; },
            [&](auto* it) { return it == std::get<decltype(it)>(b); },
        },
        a);
}

}  // namespace saker

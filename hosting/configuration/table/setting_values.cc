// Reading: what is out of range gets the same sentence as what is no value at all, since that says
// everything that is valid.

#include "hosting/configuration/table/setting_values.h"

#include "hosting/configuration/table/setting_words.h"
#include "hosting/configuration/values.h"
#include "protocols/http/characters.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace saker {

namespace {

using std::chrono::milliseconds;
using namespace wording;

template <class Value, class Table>
taken take_word(std::string_view text, const Table& table, Value& into) {
    for (const auto& one : table) {
        if (!equals_ignore_case(one.text, text)) continue;
        into = one.value;
        return {};
    }
    return {one_of(text, texts(table)), {}};
}

std::optional<uint64_t> number_in_range(const setting& row, std::string_view text, uint64_t most) {
    const auto number = row.unit == "bytes" ? parse_size(text) : parse_number(text);
    if (!number || *number < row.least || *number > std::min(row.most, most)) return {};
    return number;
}

template <class Number>
taken take_number(const setting& row, std::string_view text, Number& into) {
    constexpr uint64_t most = std::numeric_limits<Number>::max();
    const auto number = number_in_range(row, text, most);
    if (!number) return {range(row, most), {}};
    into = static_cast<Number>(*number);
    return {};
}

std::string unit_of(std::chrono::seconds) { return "whole seconds"; }
std::string unit_of(std::chrono::hours) { return "whole hours"; }

taken take_time(const setting& row, std::string_view text, milliseconds& into) {
    const auto time = parse_time_span(text);
    if (!time) return {time.error().text(), {}};
    if (*time == infinite ? !may_be_infinite(row)
                          : time->count() < 0 || static_cast<uint64_t>(time->count()) < row.least ||
                                static_cast<uint64_t>(time->count()) > row.most)
        return {time_range(row), {}};
    into = *time;
    return {};
}

min_data_rate& engaged(std::optional<min_data_rate>& rate) {
    if (!rate) rate.emplace();
    return *rate;
}

template <class Unit>
taken take_whole(const setting& row, std::string_view text, Unit& into) {
    milliseconds time{};
    taken done = take_time(row, text, time);
    if (!done.mistake.empty()) return done;
    if (time % Unit(1) != milliseconds(0)) return {time_range(row) + ", in " + unit_of(into), {}};
    into = std::chrono::duration_cast<Unit>(time);
    return done;
}

taken take_speed(std::string_view text, std::optional<min_data_rate>& into) {
    const auto speed = parse_real(text);
    if (!speed || *speed <= 0) return {"a number of bytes a second, more than 0", {}};
    engaged(into).bytes_per_second = *speed;
    return {};
}

// As Enum.TryParse reads flags, separated by commas; `read` says the bits of one, or nothing.
template <class Read>
std::optional<unsigned> flags_in(std::string_view text, Read read) {
    unsigned bits = 0;
    for (bool more = true; more;) {
        const size_t comma = std::min(text.find(','), text.size());
        const std::optional<unsigned> found = read(trim(text.substr(0, comma)));
        if (!found) return {};
        bits |= *found;
        more = comma != text.size();
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return bits;
}

// Names and numbers.
std::optional<unsigned> protocol_bits(std::string_view text) {
    return flags_in(text, [](std::string_view one) -> std::optional<unsigned> {
        if (const auto number = parse_number(one); number && *number <= 7)
            return static_cast<unsigned>(*number);
        unsigned found = 0;
        if (!take_word(one, protocols, found).mistake.empty()) return {};
        return found;
    });
}

// One more of them.
taken take_tls_version(std::string_view text, ssl_protocols& into) {
    bool is_old = false;
    const auto bits = flags_in(text, [&](std::string_view one) -> std::optional<unsigned> {
        unsigned found = 0;
        if (take_word(one, tls_versions, found).mistake.empty()) return found;
        is_old = is_old || check_words(one, old_versions).mistake.empty();
        return {};
    });
    if (is_old) return {"Tls12 or Tls13: older versions are not to be had", {}};
    if (!bits) return {one_of(text, texts(tls_versions)), {}};
    into = static_cast<ssl_protocols>(static_cast<unsigned>(into) | *bits);
    return {};
}

taken take_protocols(std::string_view text, http_protocols& into) {
    constexpr std::array<std::string_view, 3> served = {"Http1", "Http2", "Http1AndHttp2"};
    const auto bits = protocol_bits(text);
    if (!bits) return {one_of(text, texts(protocols)), {}};
    if (*bits == 0)
        return {list(served) + ": an endpoint must be configured to serve at least one protocol",
                {}};
    if (*bits == http3_bit)
        return {list(served) + ": HTTP/3 requires HTTPS, and is not in this version", {}};
    into = static_cast<http_protocols>(*bits & ~http3_bit);
    if ((*bits & http3_bit) == 0) return {};
    return {{}, "HTTP/3 is not in this version; the rest of the protocols is served"};
}

taken take_mode(std::string_view text, uint32_t& into) {
    uint32_t bits = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data(), end, bits, 8);
    if (text.empty() || failure != std::errc() || stopped != end || bits > 0777)
        return {"permission bits in octal digits, from 0 to 777, such as \"660\"", {}};
    into = bits;
    return {};
}

void put_level(const category_level& at, log_level level) {
    for (auto& [category, known] : at.of->log_levels) {
        if (category != at.category) continue;
        known = level;
        return;
    }
    at.of->log_levels.emplace_back(at.category, level);
}

struct taker {
    const setting& row;
    std::string_view text;

    taken operator()(no_place) const { return {}; }
    taken operator()(bool* at) const {
        const auto truth = parse_truth(text);
        if (!truth) return {"true or false", {}};
        *at = *truth;
        return {};
    }
    taken operator()(uint32_t* at) const { return take_number(row, text, *at); }
    taken operator()(uint64_t* at) const { return take_number(row, text, *at); }
    taken operator()(std::optional<uint64_t>* at) const {
        if (text.empty()) return at->reset(), taken{};
        uint64_t number = 0;
        taken done = take_number(row, text, number);
        if (done.mistake.empty())
            *at = number;
        else
            done.mistake += ", or null";
        return done;
    }
    taken operator()(milliseconds* at) const { return take_time(row, text, *at); }
    taken operator()(std::optional<milliseconds>* at) const {
        if (text.empty()) return at->reset(), taken{};
        milliseconds time{};
        taken done = take_time(row, text, time);
        if (done.mistake.empty())
            *at = time;
        else
            done.mistake += ", or null";
        return done;
    }
    taken operator()(std::chrono::seconds* at) const { return take_whole(row, text, *at); }
    taken operator()(std::chrono::hours* at) const { return take_whole(row, text, *at); }
    taken operator()(std::string* at) const {
        if (text.empty()) return {"a text that is not empty", {}};
        if (has_control_character(text)) return {"a text without control characters", {}};
        *at = text;
        return {};
    }
    taken operator()(std::vector<std::string>* at) const {
        std::string one;
        taken done = (*this)(&one);
        if (done.mistake.empty()) at->push_back(std::move(one));
        return done;
    }
    taken operator()(ssl_protocols* at) const { return take_tls_version(text, *at); }
    // What an endpoint says may be left open for a name of it.
    template <class Enumeration>
    requires std::is_enum_v<Enumeration> taken operator()(std::optional<Enumeration>* at) const {
        Enumeration value = at->value_or(Enumeration{});
        taken done = (*this)(&value);
        if (done.mistake.empty()) *at = value;
        return done;
    }
    taken operator()(http_protocols* at) const { return take_protocols(text, *at); }
    template <class Enumeration>
    requires std::is_enum_v<Enumeration> taken operator()(Enumeration* at) const {
        return take_word(text, words(*at), *at);
    }
    taken operator()(rate_switch at) const {
        if (!text.empty()) return {"null, or a section {BytesPerSecond, GracePeriod}", {}};
        at.rate->reset();
        return {};
    }
    taken operator()(rate_speed at) const { return take_speed(text, *at.rate); }
    taken operator()(rate_grace at) const {
        milliseconds time{};
        taken done = take_time(row, text, time);
        if (done.mistake.empty()) engaged(*at.rate).grace_period = time;
        return done;
    }
    taken operator()(file_mode at) const { return take_mode(text, *at.bits); }
    taken operator()(whole_seconds at) const {
        uint32_t seconds = 0;
        taken done = take_number(row, text, seconds);
        if (done.mistake.empty()) *at.time = std::chrono::seconds(seconds);
        return done;
    }
    taken operator()(category_level at) const {
        log_level level{};
        taken done = take_word(text, levels, level);
        if (done.mistake.empty()) put_level(at, level);
        return done;
    }
};

}  // namespace

bool takes_null(const place& at) noexcept {
    return std::holds_alternative<std::optional<uint64_t>*>(at) ||
           std::holds_alternative<std::optional<milliseconds>*>(at) ||
           std::holds_alternative<rate_switch>(at);
}

taken take(const setting& row, const place& at, std::string_view text, bool is_null) {
    if (is_null && !takes_null(at)) return {};
    const bool as_it_is = std::holds_alternative<std::string*>(at) ||
                          std::holds_alternative<std::vector<std::string>*>(at);
    return std::visit(taker{row, is_null ? "" : as_it_is ? text : trim(text)}, at);
}

void clear_list(const place& at) {
    std::visit(overloaded{[](std::vector<std::string>* it) { it->clear(); },
                          [](ssl_protocols* it) { *it = ssl_protocols::none; },
                          [](std::optional<ssl_protocols>* it) { it->reset(); }, [](auto) {}},
               at);
}

taken check_words(std::string_view text, std::span<const std::string_view> known) {
    for (const std::string_view one : known)
        if (equals_ignore_case(one, text)) return {};
    return {one_of(text, known), {}};
}

}  // namespace saker

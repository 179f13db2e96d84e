// Settings files under libFuzzer. What our own look finds good, simdjson reads; what is read is
// written as plain JSON and reads the same again; and whatever the keys and texts are, applying
// them ends in options that pass their own check, or in mistakes.

#include "hosting/configuration/json_source.h"
#include "hosting/options_check.h"

#include <saker/configuration.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace saker;

void check(bool good) {
    if (!good) std::abort();
}

std::string in_quotes(std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20) {
            out += "\\u00";
            out += digits[byte >> 4];
            out += digits[byte & 15];
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

void check_round_trip(const std::vector<json_value>& values) {
    std::string text = "{";
    for (const json_value& one : values)
        text += (text.size() == 1 ? "" : ",") + in_quotes(one.key) + ':' +
                (one.is_null ? "null" : in_quotes(one.value));
    const json_reading again = read_json(text + '}');
    check(again.mistakes.empty() && again.values.size() == values.size());
    for (size_t i = 0; i < values.size(); ++i) {
        check(again.values[i].key == values[i].key);
        check(again.values[i].value == values[i].value);
        check(again.values[i].is_null == values[i].is_null);
    }
}

void check_applying(const std::vector<json_value>& values) {
    configuration_sources sources;
    sources.directory = "/nonexistent";
    sources.environment_variables = false;
    sources.environment = "Production";
    for (const json_value& one : values)
        sources.arguments.push_back("--" + one.key + '=' + one.value);
    const auto config = configuration::load(sources);
    if (!config) return;
    const auto options = config->apply_to({});
    check(options ? mistakes_in(*options).empty() : !options.error().messages.empty());
    check(!config->effective({}).empty());
    for (const std::string& one : config->warnings({})) check(!one.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string text(reinterpret_cast<const char*>(data), size);
    const json_reading reading = read_json(text);
    check(reading.values.empty() || reading.mistakes.empty());
    for (const auto& [where, what] : reading.mistakes) {
        check(where.line >= 1 && where.column >= 1 && where.column <= size + 1);
        check(what.find("is no JSON") == std::string::npos);
    }
    const bool good = !make_plain_json(text).has_value();
    check(text.size() == size);
    check(good || reading.mistakes.size() == 1);
    if (!reading.mistakes.empty()) return 0;
    check_round_trip(reading.values);
    check_applying(reading.values);
    return 0;
}

#pragma once
// The flags of a command: "--name value", "--name=value", "--switch", "--help". What is not known
// is refused with the nearest thing that is; what is malformed, with what would be right.

#include "hosting/configuration/values.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace saker::tool {

struct flag {
    std::string_view name;   // "--cores"
    std::string_view value;  // what its value is called in the help: "N"; empty: it takes none
    std::string_view about;
    // Takes the value; what is wrong with it, or nothing.
    std::function<std::string(std::string_view)> take;
};

struct reading {
    enum class outcome : uint8_t { run, help, mistake };
    outcome what = outcome::run;
    std::string mistake;  // a sentence, with a suggestion where there is one
};

// Reads all of them; of a flag that is given twice, the last one counts.
[[nodiscard]] reading read_arguments(std::span<const std::string_view> given,
                                     std::span<const flag> flags);
// The flags for a help text, one a line, what they are about beside them.
[[nodiscard]] std::string describe(std::span<const flag> flags);

// A `take` for a number in a range.
template <class Number>
auto number_into(Number& into, uint64_t least = 0,
                 uint64_t most = std::numeric_limits<Number>::max()) {
    return [&into, least, most](std::string_view text) -> std::string {
        const auto number = parse_number(text);
        if (!number || *number < least || *number > most)
            return "a number from " + std::to_string(least) + " to " + std::to_string(most);
        into = static_cast<Number>(*number);
        return {};
    };
}

}  // namespace saker::tool

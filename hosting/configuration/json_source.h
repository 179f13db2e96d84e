#pragma once
// A JSON settings file as .NET's configuration sees it: a flat list of keys joined by ':' with
// texts as values. Arrays have the keys 0, 1, ...; `true` is "True"; a number is the text that it
// is written as; an empty array is "", an empty object is null.

#include "hosting/configuration/json_text.h"

#include <string>
#include <vector>

namespace saker {

// True where .NET has null. What was written is kept beside it: {} is null to .NET, and [] an empty
// text, which at a limit would both mean "none".
struct json_null {
    bool to_dotnet = false;
    bool of_object = false, of_array = false;  // empty ones
    operator bool() const noexcept { return to_dotnet; }
};

struct json_value {
    std::string key;  // "Kestrel:Endpoints:Http:Url"
    std::string value;
    json_null is_null;
    text_position where;  // of the key, or of an array's element
};

// Either values in the order of the file, or what is wrong with it.
struct json_reading {
    std::vector<json_value> values;
    struct mistake {
        text_position where;
        std::string what;
    };
    std::vector<mistake> mistakes;
};

[[nodiscard]] json_reading read_json(std::string text);

}  // namespace saker

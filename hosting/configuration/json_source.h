#pragma once
// A JSON settings file as .NET's configuration sees it: a flat list of keys joined by ':' with
// texts as values. Arrays have the keys 0, 1, ...; `true` is "True"; a number is the text that it
// is written as; an empty array is "", an empty object is null.

#include "hosting/configuration/json_text.h"

#include <string>
#include <vector>

namespace saker {

struct json_value {
    std::string key;  // "Kestrel:Endpoints:Http:Url"
    std::string value;
    bool is_null = false;
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

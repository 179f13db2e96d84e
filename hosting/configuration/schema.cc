// The JSON Schema (draft 2020-12) of settings files. It says what the reader says, but for what a
// schema cannot or should not: the reader takes any case, texts of numbers outside their range are
// only found by it, and it alone sees all layers together (a Url that another file brings).

#include "hosting/configuration/table/certificate_members.h"
#include "hosting/configuration/table/key_path.h"
#include "hosting/configuration/table/setting_values.h"
#include "hosting/configuration/table/setting_words.h"

#include <saker/configuration.h>

#include <algorithm>
#include <memory>

namespace saker {

namespace {

using namespace wording;

constexpr std::string_view time_pattern =
    R"(^\\s*(([0-9]{1,8}\\.)?H:M(:M(\\.[0-9]{1,7})?)?|[0-9]{1,8}:H:M:M(\\.[0-9]{1,7})?|)"
    R"(-0*:0*:0*\\.0010*|[Ii][Nn][Ff][Ii][Nn][Ii][Tt][Ee])\\s*$)";
// What std::from_chars reads; nothing but zeros is refused beside it.
constexpr std::string_view real_pattern =
    R"(^\\s*([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?\\s*$)";
constexpr std::string_view no_control_character =
    "\"not\": {\"pattern\": \"[\\\\u0000-\\\\u001f\\\\u007f]\"}";
constexpr std::string_view hours = "0*([01]?[0-9]|2[0-3])", sixty = "0*[0-5]?[0-9]";

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string list_of(std::span<const std::string_view> words) {
    std::string text;
    for (const std::string_view one : words) text += (text.empty() ? "" : ", ") + in_quotes(one);
    return '[' + text + ']';
}

std::string either(std::initializer_list<std::string> ways) {
    std::string text = "\"anyOf\": [";
    for (const std::string& one : ways) text += one + ", ";
    return text + "{\"type\": \"null\"}]";
}

std::string pattern(std::string_view regular) {
    return "{\"type\": \"string\", \"pattern\": \"" + std::string(regular) + "\"}";
}

std::string integer(const setting& row, uint64_t most_of_type, bool may_be_empty) {
    const uint64_t most = std::min(row.most, most_of_type);
    const std::string digits = row.unit == "bytes" ? "[0-9]+[KkMmGg]?" : "[0-9]+";
    return either({"{\"type\": \"integer\", \"minimum\": " + std::to_string(row.least) +
                       ", \"maximum\": " + std::to_string(most) + '}',
                   pattern("^\\\\s*" + (may_be_empty ? '(' + digits + ")?" : digits) + "\\\\s*$")});
}

std::string times(const setting& row, bool may_be_empty) {
    std::string text;
    for (const char c : time_pattern)
        text += c == 'H' ? std::string(hours) : c == 'M' ? std::string(sixty) : std::string(1, c);
    const std::string nothing = row.least > 0 ? ", \"not\": {\"pattern\": \"^[0:.\\\\s]+$\"}" : "";
    std::string way = "{\"type\": \"string\"" + nothing + ", \"pattern\": \"" + text + "\"}";
    return may_be_empty ? either({way, "{\"const\": \"\"}"}) : either({way});
}

std::string truth() {
    return either({"{\"type\": \"boolean\"}",
                   pattern("^\\\\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])\\\\s*$")});
}

std::string words_schema(std::span<const std::string_view> words) {
    return either({"{\"enum\": " + list_of(words) + '}'});
}

std::string of_place(const setting& row, const place& at) {
    if (const auto words = words_of(at); !words.empty()) return words_schema(words);
    using std::chrono::milliseconds;
    return std::visit(
        overloaded{
            [](bool*) { return truth(); },
            [&](uint32_t*) { return integer(row, UINT32_MAX, false); },
            [&](uint64_t*) { return integer(row, UINT64_MAX, false); },
            [&](std::optional<uint64_t>*) { return integer(row, UINT64_MAX, true); },
            [&](milliseconds*) { return times(row, false); },
            [&](std::optional<milliseconds>*) { return times(row, true); },
            [&](std::chrono::seconds*) { return times(row, false); },
            [&](std::chrono::hours*) { return times(row, false); },
            [&](rate_grace) { return times(row, false); },
            [](rate_speed) {
                return either(
                    {"{\"type\": \"number\", \"exclusiveMinimum\": 0}",
                     "{\"type\": \"string\", \"not\": {\"pattern\": \"^[\\\\s0.]*([eE]|$)\"}, "
                     "\"pattern\": \"" +
                         std::string(real_pattern) + "\"}"});
            },
            [](rate_switch) { return std::string(); },
            [](file_mode) { return either({pattern("^\\\\s*0*[0-7]{1,3}\\\\s*$")}); },
            [&](whole_seconds) { return integer(row, UINT32_MAX, false); },
            [](auto) {
                return either({"{\"type\": \"string\", \"minLength\": 1, " +
                               std::string(no_control_character) + '}'});
            },
        },
        at);
}

std::string of_certificate_member(std::string_view name) {
    if (name == "AllowInvalid") return truth();
    if (name == "Location") return words_schema(store_locations());
    if (is_secret(name)) return "\"type\": [\"string\", \"null\"]";
    return either({"{\"type\": \"string\", " + std::string(no_control_character) + '}'});
}

std::string of_certificate() {
    std::string members;
    for (const std::string_view name : certificate_keys())
        members += (members.empty() ? "" : ", ") + in_quotes(name) + ": {" +
                   of_certificate_member(name) + '}';
    return "\"type\": [\"object\", \"null\"], \"additionalProperties\": false, \"properties\": {" +
           members + '}';
}

// What may stand at the row's key, without the braces.
std::string of_row(const setting& row) {
    blank_options blank;
    switch (row.kind) {
        case key_kind::placed: return of_place(row, blank.at(row));
        case key_kind::list:
            return "\"type\": [\"array\", \"null\"], \"items\": {" + of_place(row, blank.at(row)) +
                   '}';
        case key_kind::truth: return truth();
        case key_kind::certificate: return of_certificate();
        case key_kind::anything: return {};
        case key_kind::text: break;
    }
    if (is_endpoint_row(row))
        return "\"type\": \"string\", \"pattern\": "
               "\"^\\\\s*([Hh][Tt][Tt][Pp][Ss]?|[Tt][Cc][Pp])://\"";
    if (row.key.ends_with("_PORTS")) return "\"type\": [\"string\", \"integer\", \"null\"]";
    return "\"type\": [\"string\", \"null\"]";
}

// The keys as a tree; what has children is a section.
struct node {
    std::string_view name;
    const setting* row = nullptr;
    std::vector<std::unique_ptr<node>> children;

    node& child(std::string_view of) {
        for (const auto& one : children)
            if (one->name == of) return *one;
        children.push_back(std::make_unique<node>());
        children.back()->name = of;
        return *children.back();
    }
    // Of any name that is not another child's.
    [[nodiscard]] const node* any() const {
        for (const auto& one : children)
            if (one->name == "*") return one.get();
        return nullptr;
    }
};

class schema_writer {
public:
    std::string run() {
        node root;
        for (const setting& row : settings()) {
            node* at = &root;
            for (size_t i = 0; !segment(row.key, i).empty(); ++i)
                at = &at->child(segment(row.key, i));
            at->row = &row;
        }
        text_ =
            "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
            "  \"title\": \"Saker's appsettings.json\",\n"
            "  \"type\": \"object\",\n  \"properties\": {\n";
        members(root, 4);
        text_ += "\n  }\n}\n";
        return std::move(text_);
    }

private:
    void members(const node& of, size_t indent) {
        bool first = true;
        for (const auto& one : of.children) {
            if (one->name == "*") continue;
            if (!first) text_ += ",\n";
            first = false;
            text_ += std::string(indent, ' ') + in_quotes(one->name) + ": ";
            member(*one, indent);
        }
    }
    void member(const node& one, size_t indent) {
        text_ += '{';
        if (one.row != nullptr)
            text_ += "\"description\": " + in_quotes(one.row->effect) +
                     (of_row(*one.row).empty() && one.children.empty() ? "" : ", ");
        if (one.children.empty())
            text_ += of_row(*one.row);
        else if (one.row != nullptr && !of_row(*one.row).empty())
            either_way(one, indent);
        else if (one.children.size() == 1 && one.name == "Certificates")
            list_or_section(one, indent);
        else
            section(one, indent);
        text_ += '}';
    }
    // Names that are nothing but an order: a list as well.
    void list_or_section(const node& one, size_t indent) {
        text_ += "\"anyOf\": [{\"type\": \"array\", \"items\": {";
        text_ += of_row(*one.any()->row) + "}}, {";
        section(one, indent);
        text_ += "}]";
    }
    // A value, or a section.
    void either_way(const node& one, size_t indent) {
        text_ += "\"anyOf\": [{" + of_row(*one.row) + "}, {";
        section(one, indent);
        text_ += "}]";
    }
    void section(const node& one, size_t indent) {
        // .NET's host has more below its own sections than what is read here.
        const bool ours = one.name != "Logging" && one.name != "LogLevel";
        text_ += "\"type\": [\"object\", \"null\"], ";
        if (const node* any = one.any(); any != nullptr) {
            text_ += "\"propertyNames\": {\"minLength\": 1}, \"additionalProperties\": ";
            member(*any, indent);
            if (one.children.size() == 1) return;
            text_ += ", ";
        } else if (ours || inside_saker(one)) {
            text_ += "\"additionalProperties\": false, ";
        }
        text_ += "\"properties\": {\n";
        members(one, indent + 2);
        text_ += '\n' + std::string(indent, ' ') + '}';
    }
    static bool inside_saker(const node& one) {
        const node* at = &one;
        while (!at->children.empty()) at = at->children.front().get();
        return at->row != nullptr && at->row->key.starts_with("Saker:");
    }

    std::string text_;
};

}  // namespace

std::string configuration_schema() { return schema_writer().run(); }

}  // namespace saker

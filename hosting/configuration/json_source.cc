// The only place that sees simdjson. The text was made plain and looked through before, so that the
// on-demand reader has nothing to refuse; where it refuses all the same, its own words are told.

#include "hosting/configuration/json_source.h"

#include "protocols/http/characters.h"

#include <simdjson.h>

#include <unordered_map>

namespace saker {

namespace {

namespace ondemand = simdjson::ondemand;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = to_lower(c);
    return out;
}

class json_reader {
public:
    // Without the mark at its beginning, which no editor counts as a column.
    explicit json_reader(std::string text) : text_(std::move(text)), positions_(text_) {
        if (text_.starts_with("\xef\xbb\xbf")) text_.erase(0, 3);
        positions_ = text_positions(text_);
    }

    json_reading run() {
        if (auto wrong = make_plain_json(text_)) {
            add_mistake(positions_.at(wrong->offset), std::move(wrong->what));
            return std::move(made_);
        }
        const size_t size = text_.size();
        text_.reserve(size + simdjson::SIMDJSON_PADDING);
        positions_ = text_positions(text_);
        ondemand::parser parser;
        ondemand::document document;
        ondemand::object root;
        simdjson::error_code failed =
            parser.iterate(text_.data(), size, text_.capacity()).get(document);
        if (!failed) failed = document.get(root);
        if (!failed) failed = object(root, {});
        if (failed)
            add_mistake(last_, std::string("is no JSON: ") + simdjson::error_message(failed));
        if (!made_.mistakes.empty()) made_.values.clear();
        return std::move(made_);
    }

private:
    void add_mistake(text_position where, std::string what) {
        made_.mistakes.push_back({where, std::move(what)});
    }
    text_position position_of(const char* place) {
        return last_ = positions_.at(static_cast<size_t>(place - text_.data()));
    }
    static std::string joined(const std::string& path, std::string_view key) {
        return path.empty() ? std::string(key) : path + ':' + std::string(key);
    }

    simdjson::error_code object(ondemand::object& of, const std::string& path) {
        for (auto each : of) {
            ondemand::field field;
            if (const auto failed = std::move(each).get(field)) return failed;
            const text_position where = position_of(field.key().raw() - 1);
            std::string_view key;
            if (const auto failed = field.unescaped_key().get(key)) return failed;
            const std::string whole = joined(path, key);
            ondemand::value value = field.value();
            if (const auto failed = one(value, whole, where)) return failed;
        }
        return simdjson::SUCCESS;
    }

    simdjson::error_code array(ondemand::array& of, const std::string& path) {
        size_t index = 0;
        for (auto each : of) {
            ondemand::value value;
            if (const auto failed = std::move(each).get(value)) return failed;
            const char* place = nullptr;
            if (const auto failed = value.current_location().get(place)) return failed;
            if (const auto failed =
                    one(value, joined(path, std::to_string(index++)), position_of(place)))
                return failed;
        }
        return simdjson::SUCCESS;
    }

    simdjson::error_code one(ondemand::value& value, const std::string& path, text_position where) {
        ondemand::json_type type;
        if (const auto failed = value.type().get(type)) return failed;
        switch (type) {
            case ondemand::json_type::object: {
                ondemand::object inner;
                if (const auto failed = value.get(inner)) return failed;
                const size_t before = made_.values.size();
                const auto failed = object(inner, path);
                if (!failed && made_.values.size() == before)
                    add(path, {}, {.to_dotnet = true, .of_object = true}, where);
                return failed;
            }
            case ondemand::json_type::array: {
                ondemand::array inner;
                if (const auto failed = value.get(inner)) return failed;
                const size_t before = made_.values.size();
                const auto failed = array(inner, path);
                if (!failed && made_.values.size() == before)
                    add(path, {}, {.of_array = true}, where);
                return failed;
            }
            default: return scalar(value, type, path, where);
        }
    }

    simdjson::error_code scalar(ondemand::value& value, ondemand::json_type type,
                                const std::string& path, text_position where) {
        if (type == ondemand::json_type::string) {
            std::string_view text;
            if (const auto failed = value.get(text)) return failed;
            add(path, std::string(text), {}, where);
            return simdjson::SUCCESS;
        }
        if (type == ondemand::json_type::null) {
            add(path, {}, {.to_dotnet = true}, where);
            return simdjson::SUCCESS;
        }
        if (type == ondemand::json_type::boolean) {
            bool truth = false;
            if (const auto failed = value.get(truth)) return failed;
            add(path, truth ? "True" : "False", {}, where);
            return simdjson::SUCCESS;
        }
        std::string_view token = value.raw_json_token();
        token = token.substr(0, token.find_first_of(" \t\r\n,]}"));
        add(path, std::string(token), {}, where);
        return simdjson::SUCCESS;
    }

    void add(const std::string& key, std::string value, json_null is_null, text_position where) {
        const auto [known, is_new] = seen_.try_emplace(lower(key), where.line);
        if (is_new)
            made_.values.push_back({key, std::move(value), is_null, where});
        else
            add_mistake(where, "A duplicate key '" + key + "' was found; it is on line " +
                                   std::to_string(known->second) + " already");
    }

    std::string text_;
    text_positions positions_;
    text_position last_;
    json_reading made_;
    std::unordered_map<std::string, size_t> seen_;  // the key in small letters -> its line
};

}  // namespace

json_reading read_json(std::string text) { return json_reader(std::move(text)).run(); }

}  // namespace saker

#pragma once
// JSON as the command writes it: little, and always well-formed, whatever bytes a peer has sent.

#include <cstdint>
#include <string>
#include <string_view>

namespace saker::tool {

// In quotes. Bytes that are not UTF-8 are taken for Latin-1, so that none of them is lost.
void append_json(std::string& to, std::string_view text);

// An object, key by key; closed when it dies. Objects inside are made with the same text.
class json_object {
public:
    explicit json_object(std::string& to) : to_(to) { to_ += '{'; }
    ~json_object() { to_ += '}'; }
    json_object(const json_object&) = delete;
    json_object& operator=(const json_object&) = delete;

    // Begins the next value; the caller writes it.
    void key(std::string_view name);
    void text(std::string_view name, std::string_view value);
    void number(std::string_view name, uint64_t value);

private:
    std::string& to_;
    bool first_ = true;
};

}  // namespace saker::tool

#pragma once
// What the handlers of server.cc have in common: how a path is read, and the memory of those whose
// client has gone, which other requests ask.

#include <saker/request.h>

#include <charconv>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

// What is behind "/name/" as a number; 0 where it is none.
inline uint32_t number_of(const saker::request& asked) {
    const std::string_view path = asked.path();
    const size_t slash = path.find('/', 1);
    uint32_t number = 0;
    if (slash != path.npos)
        std::from_chars(path.data() + slash + 1, path.data() + path.size(), number);
    return number;
}

inline std::string_view name_of(const saker::request& asked) {
    const std::string_view path = asked.path();
    return path.empty() ? path : path.substr(1, path.find('/', 1) - 1);
}

inline std::string lower(std::string_view text) {
    std::string made(text);
    for (char& one : made)
        if (one >= 'A' && one <= 'Z') one = static_cast<char>(one + 32);
    return made;
}

// The handlers that know that their client is gone, by number.
class aborted_handlers {
public:
    void add(uint32_t number) {
        const std::lock_guard held(lock_);
        numbers_.insert(number);
    }
    bool has(uint32_t number) {
        const std::lock_guard held(lock_);
        return numbers_.contains(number);
    }

private:
    std::mutex lock_;
    std::set<uint32_t> numbers_;
};

#pragma once
// The words of an exception, for a log or an error.

#include <exception>
#include <string>

namespace saker {

// Of the exception that is being handled.
inline std::string what_failed() {
    try {
        throw;
    } catch (const std::exception& known) {
        return known.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

}  // namespace saker

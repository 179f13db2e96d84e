// See home.h.

#include "protocols/tls/certificates/home.h"

#include <cstdlib>
#include <mutex>
#include <optional>

namespace saker::tls {
namespace {

struct folders {
    std::string home, data;
};

std::mutex guard;
std::optional<folders> taken;

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

folders known() {
    const std::lock_guard lock(guard);
    return taken ? *taken : folders{variable("HOME"), variable("XDG_DATA_HOME")};
}

}  // namespace

void take_home() {
    const std::lock_guard lock(guard);
    taken = folders{variable("HOME"), variable("XDG_DATA_HOME")};
}

std::string home_folder() { return known().home; }
std::string data_folder() { return known().data; }

}  // namespace saker::tls

// The one list of transports. What a build leaves out stays in it as a factory that is never
// usable, so that its name is known and the reason can be told.

#include "transports/transports.h"

#include "transports/epoll/epoll_transport.h"
#include "transports/posix/listen_socket.h"
#include "transports/posix/port_holder.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#if SAKER_HAS_IO_URING
#include "transports/io_uring/io_uring_factory.h"
#endif

namespace saker {
namespace {

#if !SAKER_HAS_IO_URING
class io_uring_factory final : public transport_factory {
public:
    std::string_view name() const noexcept override { return "io_uring"; }
    transport_probe probe() const override {
        return {false, "this build of Saker is without io_uring",
                "build it with the kernel's headers of 6.1 or later and -DSAKER_IO_URING=ON"};
    }
    std::unique_ptr<transport> make(slab_pool&, std::string& error) const override {
        error = probe().detail;
        return nullptr;
    }
};
#endif

const io_uring_factory io_uring;
const epoll_factory epoll;
const transport_factory* const built_in[] = {&io_uring, &epoll};

// Levenshtein's distance: how many letters to change, add or drop.
size_t distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = std::exchange(row[0], i);
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t changed = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
            diagonal = row[j];
            row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

std::string quoted(std::string_view name) { return '"' + std::string(name) + '"'; }

std::string unknown(std::string_view name, std::span<const transport_factory* const> known) {
    std::string list;
    std::string_view nearest;
    size_t least = SIZE_MAX;
    for (const transport_factory* const one : known) {
        list += ", " + std::string(one->name());
        const size_t far = distance(name, one->name());
        // Farther off, it is no typing mistake.
        if (far < least && 2 * far <= std::max(name.size(), one->name().size())) {
            least = far;
            nearest = one->name();
        }
    }
    const std::string guess = nearest.empty() ? "." : ", did you mean " + quoted(nearest) + '?';
    return "unknown transport " + quoted(name) + guess + " Known: auto" + list;
}

std::string refusal(std::string_view name, const transport_probe& probe) {
    return "transport " + quoted(name) + " cannot be used here: " + probe.detail +
           (probe.remedy.empty() ? "" : "; " + probe.remedy);
}

transport_choice choose_first_usable() {
    transport_choice choice;
    for (const transport_factory* const one : built_in) {
        choice.found = one->probe();
        if (choice.found.usable) {
            choice.factory = one;
            return choice;
        }
        choice.error += (choice.error.empty() ? "" : "; ") + refusal(one->name(), choice.found);
        choice.passed_over.push_back(
            {std::string(one->name()), choice.found.detail, choice.found.remedy});
    }
    return choice;
}

}  // namespace

std::span<const transport_factory* const> built_in_transports() noexcept { return built_in; }

const transport_factory* built_in_transport(std::string_view name) noexcept {
    for (const transport_factory* one : built_in) {
        if (one->name() == name) return one;
    }
    return nullptr;
}

transport_choice choose_transport(std::string_view name,
                                  std::span<const std::shared_ptr<transport_factory>> plug_ins) {
    if (name == "auto") {
        transport_choice choice = choose_first_usable();
        if (choice.factory != nullptr) choice.error.clear();
        return choice;
    }
    std::vector<const transport_factory*> known;
    for (const auto& one : plug_ins) known.push_back(one.get());
    known.insert(known.end(), std::begin(built_in), std::end(built_in));
    transport_choice choice;
    const auto named = std::find_if(known.begin(), known.end(),
                                    [&](const auto* one) { return one->name() == name; });
    if (named == known.end()) {
        choice.error = unknown(name, known);
        return choice;
    }
    choice.found = (*named)->probe();
    if (choice.found.usable)
        choice.factory = *named;
    else
        choice.error = refusal(name, choice.found);
    return choice;
}

std::string who_holds(const endpoint& where) { return posix::who_holds(where); }

int check_free(const endpoint& where) noexcept { return posix::check_free(where); }

}  // namespace saker

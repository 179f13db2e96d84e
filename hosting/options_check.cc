// The ranges of kestrel.md 1.1 and 1.2, and what follows from the engine's own limits. A mistake in
// one option never hides one in another.

#include "hosting/options_check.h"

#include "core/base/log.h"
#include "hosting/address.h"

#include <algorithm>
#include <concepts>

namespace saker {

namespace {

constexpr uint32_t most_cores = 1024;
constexpr uint32_t most_threads = 4096;
constexpr size_t fewest_slabs = 16;
constexpr uint32_t most_backlog = 0x7fffffff;

class mistakes {
public:
    void add(std::string_view option, std::string_view found, std::string_view valid) {
        found_.push_back(std::string(option) + " is " + std::string(found) + "; valid is " +
                         std::string(valid) + '.');
    }
    void add(std::string sentence) { found_.push_back(std::move(sentence)); }

    template <std::unsigned_integral Number>
    void outside(std::string_view option, Number found, Number least, Number most) {
        if (found >= least && found <= most) return;
        add(option, std::to_string(found),
            "from " + std::to_string(least) + " to " + std::to_string(most));
    }
    void zero(std::string_view option, uint64_t found) {
        if (found == 0) add(option, "0", "1 or more");
    }
    // Kestrel's rule for time: more than none.
    void not_positive(std::string_view option, std::chrono::milliseconds found) {
        if (found.count() <= 0)
            add(option, std::to_string(found.count()) + " ms", "more than 0 ms");
    }
    std::vector<std::string> all() && { return std::move(found_); }

private:
    std::vector<std::string> found_;
};

// Kestrel's KestrelServerImpl.ValidateOptions: what must fit into the buffer whole.
void check_buffer(mistakes& found, size_t buffer, std::string_view option, uint32_t whole) {
    if (buffer >= whole) return;
    found.add("limits.max_request_buffer_size", std::to_string(buffer),
              std::string(option) + " (" + std::to_string(whole) + ") or more, or none");
}

void check(mistakes& found, const server_limits& limits) {
    found.zero("limits.max_request_line_size", limits.max_request_line_size);
    found.zero("limits.max_request_headers_total_size", limits.max_request_headers_total_size);
    found.zero("limits.max_request_header_count", limits.max_request_header_count);
    if (const auto& buffer = limits.max_request_buffer_size) {
        check_buffer(found, *buffer, "limits.max_request_line_size", limits.max_request_line_size);
        check_buffer(found, *buffer, "limits.max_request_headers_total_size",
                     limits.max_request_headers_total_size);
    }
    found.not_positive("limits.keep_alive_timeout", limits.keep_alive_timeout);
    found.not_positive("limits.request_headers_timeout", limits.request_headers_timeout);
}

void check(mistakes& found, const transport_options& transport) {
    if (transport.name.empty())
        found.add("transport.name", "empty", "\"auto\" or the name of a transport");
    found.outside<uint32_t>("transport.backlog", transport.backlog, 1, most_backlog);
    for (size_t i = 0; i < transport.plug_ins.size(); ++i)
        if (transport.plug_ins[i] == nullptr)
            found.add("transport.plug_ins[" + std::to_string(i) + ']', "null", "a factory");
}

bool serves_http2_alone(const listen_options& options) noexcept {
    return options.protocols == http_protocols::http2 && !options.raw;
}

void check_options(mistakes& found, const std::string& where, const listen_options& options) {
    const auto protocols = static_cast<unsigned>(options.protocols);
    if (protocols < 1 || protocols > 3)
        found.add(where + ".protocols", std::to_string(protocols),
                  "http1, http2 or http1_and_http2");
    if (serves_http2_alone(options))
        found.add(where + ".protocols", "http2",
                  "http1 or http1_and_http2: HTTP/2 alone is not in this version");
    if (options.unix_socket_mode > 0777)
        found.add(where + ".unix_socket_mode", std::to_string(options.unix_socket_mode),
                  "permission bits up to octal 0777");
    for (size_t i = 0; i < options.middleware.size(); ++i)
        if (!options.middleware[i])
            found.add(where + ".middleware[" + std::to_string(i) + ']', "empty", "a function");
}

// The addresses of endpoints that were seen, to find one that is there twice.
using seen_addresses = std::vector<std::pair<std::string, size_t>>;

void check_twice(mistakes& found, seen_addresses& seen, size_t index, const std::string& text) {
    const auto before =
        std::find_if(seen.begin(), seen.end(), [&](const auto& one) { return one.first == text; });
    if (before == seen.end()) {
        seen.emplace_back(text, index);
        return;
    }
    found.add("endpoints[" + std::to_string(index) + "] is " + text + ", as endpoints[" +
              std::to_string(before->second) + "] is already; each address is listened on once.");
}

void check_endpoint(mistakes& found, seen_addresses& seen, size_t index,
                    const server_options::listened& listened) {
    const std::string where = "endpoints[" + std::to_string(index) + ']';
    check_options(found, where + ".options", listened.options);
    if (listened.handle >= 0) {
        if (!listened.url.empty())
            found.add(where + " has a handle and the url '" + escape(listened.url) +
                      "'; valid is one of them.");
        return check_twice(found, seen, index, "handle " + std::to_string(listened.handle));
    }
    if (listened.url.empty())
        return found.add(where, "neither a url nor an open handle",
                         "a url such as http://127.0.0.1:8080, or a handle of 0 or more");
    const auto address = parse_address(listened.url);
    if (!address) return found.add(where + ".url: " + address.error().text());
    if (address->scheme == address_scheme::tcp && !listened.options.raw)
        found.add(where + ".url", address->text,
                  "http://..., or a raw protocol: listen(url, [](auto& on) { on.run(...); })");
    if (address->endpoints.front().family != endpoint::kind::unix_socket &&
        address->endpoints.front().port == 0)
        return;  // the system's choice: as many as are wanted
    const size_t after_scheme = address->text.find("://") + 3;
    check_twice(found, seen, index, address->text.substr(after_scheme));
}

}  // namespace

std::vector<std::string> mistakes_in(const server_options& options) {
    mistakes found;
    check(found, options.limits);
    check(found, options.transport);
    found.outside<uint32_t>("cores", options.cores, 0, most_cores);
    if (options.max_slabs_per_core < fewest_slabs)
        found.add("max_slabs_per_core", std::to_string(options.max_slabs_per_core),
                  std::to_string(fewest_slabs) + " or more");
    if (options.limits.max_request_headers_total_size / slab_pool::slab_size >=
        options.max_slabs_per_core)
        found.add("limits.max_request_headers_total_size",
                  std::to_string(options.limits.max_request_headers_total_size),
                  "less than max_slabs_per_core slabs of 16 KiB hold");
    found.outside<uint32_t>("offload_threads", options.offload_threads, 1, most_threads);
    if (options.minimum_log_level > log_level::none)
        found.add("minimum_log_level",
                  std::to_string(static_cast<unsigned>(options.minimum_log_level)),
                  "trace, debug, information, warning, error, critical or none");
    seen_addresses seen;
    for (size_t i = 0; i < options.endpoints.size(); ++i)
        check_endpoint(found, seen, i, options.endpoints[i]);
    return std::move(found).all();
}

}  // namespace saker

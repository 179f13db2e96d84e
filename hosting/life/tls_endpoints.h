#pragma once
// TLS of all endpoints of a server: the certificates that endpoints share, the keys of session
// tickets, and a thread that follows the files of all of it. A file that is changed to something
// that is no use changes nothing, and is told of.

#include "core/base/log.h"
#include "hosting/diagnostics/server_recorder.h"
#include "hosting/life/reload_watch.h"
#include "protocols/tls/tls_endpoint.h"

#include <saker/options.h>
#include <saker/result.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace saker {

class tls_endpoints {
public:
    explicit tls_endpoints(bool here) noexcept : here_(here) {}

    struct wanted {
        const listen_options& on;                 // with `https`
        const std::string& shown;                 // its address
        std::shared_ptr<tls::tls_endpoint> kept;  // what serves it now, with the same `https`
    };
    // Reads the certificates of an endpoint, unless it goes on with what it has; or every mistake.
    // One thread at a time, as `follow`.
    [[nodiscard]] result<std::shared_ptr<tls::tls_endpoint>> make(const wanted&,
                                                                  const server_options&,
                                                                  const log_target&);
    // Follows the files of those that are alive from now on.
    void follow(const server_options& now, const log_target&);
    // Reads all files anew, now. Any thread.
    void renew(const log_target&);

    // Of every certificate that is served, each once. Any thread, without waiting for files.
    [[nodiscard]] std::vector<diagnostics::served_certificate> certificates() const;

private:
    struct known {
        std::string shown;
        std::weak_ptr<tls::tls_endpoint> endpoint;
    };
    [[nodiscard]] std::vector<known> alive() const;
    [[nodiscard]] error begin(const server_options&);
    [[nodiscard]] error add_default(tls::endpoint_settings&, const server_options&,
                                    const log_target&);
    void look_at_expiry(const log_target&) const;
    void tell_of_kernel(ktls_mode, const log_target&);
    void warn_of_expiry(const tls::context_set&, const std::string& shown, const log_target&) const;

    const bool here_;           // no thread of its own
    mutable std::mutex guard_;  // of the list; held for a moment
    std::vector<known> known_;
    mutable std::mutex reading_;  // files; and of what follows. Taken before the other one.
    std::shared_ptr<tls::ticket_keys> tickets_;
    std::string ticket_file_;
    std::optional<certificate_source> default_;  // of those that are served
    std::chrono::hours expiry_warning_{};
    std::vector<std::string> followed_;
    bool told_of_kernel_ = false;
    std::optional<reload_watch> watch_;
};

}  // namespace saker

// See tls_endpoints.h.

#include "hosting/life/tls_endpoints.h"

#include "protocols/http/date.h"
#include "protocols/tls/development_certificate.h"
#include "protocols/tls/kernel_keys.h"

#include <algorithm>
#include <utility>

namespace saker {
namespace {

constexpr auto looks_apart = std::chrono::hours(24);

std::string date_of(std::chrono::sys_seconds when) {
    std::string text(http_date_size, '\0');
    format_http_date(when.time_since_epoch().count(), text.data());
    return text;
}

bool needs_default(const https_options& options) {
    return options.certificates.empty() && options.loaded_certificates.empty();
}

}  // namespace

error tls_endpoints::begin(const server_options& options) {
    if (tickets_ != nullptr) return {};
    auto fresh = std::make_shared<tls::ticket_keys>(options.tls.session_lifetime);
    ticket_file_ = options.tls.session_ticket_key_file;
    expiry_warning_ = options.tls.expiry_warning;
    if (!ticket_file_.empty())
        if (error wrong = fresh->use_file(ticket_file_); !wrong.messages.empty()) return wrong;
    tickets_ = std::move(fresh);
    return {};
}

// The server's certificate, or one for developers that is made where there is none.
error tls_endpoints::add_default(tls::endpoint_settings& settings, const server_options& options,
                                 const log_target& log) {
    if (!needs_default(settings.options)) return {};
    if (options.default_certificate) {
        settings.default_certificates = {*options.default_certificate};
        return {};
    }
    if (!tls::needs_certificate(settings.options)) return {};
    auto made = tls::load_development_certificate(
        options.tls.development_certificate_folder,
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    if (!made) return made.error();
    log.write(log_level::warning,
              "No certificate is configured: a self-signed one for developers " +
                  std::string(made->made_now ? "was made" : "is used") +
                  ", for localhost alone. To trust it: curl --cacert " + made->trusted_path +
                  ", or for Chromium certutil -A -d sql:$HOME/.pki/nssdb -t P,, -n saker -i " +
                  made->trusted_path + '.');
    settings.default_loaded = {made->certificate};
    return {};
}

result<std::shared_ptr<tls::tls_endpoint>> tls_endpoints::make(const wanted& what,
                                                               const server_options& options,
                                                               const log_target& log) {
    const auto& [on, shown, kept] = what;
    const std::lock_guard one_at_a_time(reading_);
    if (error wrong = begin(options); !wrong.messages.empty()) return wrong;
    tls::endpoint_settings settings;
    settings.options = *on.https;
    settings.http = on.protocols;
    settings.is_http = !on.raw;
    settings.session_lifetime = options.tls.session_lifetime;
    if (kept != nullptr && options.default_certificate == default_ &&
        kept->settings().session_lifetime == settings.session_lifetime)
        return kept;
    error wrong = add_default(settings, options, log);
    if (wrong.messages.empty()) {
        auto made = tls::tls_endpoint::make(std::move(settings), tickets_);
        if (made) {
            {
                const std::lock_guard lock(guard_);
                known_.push_back({shown, *made});
            }
            tell_of_kernel(on.https->ktls, log);
            warn_of_expiry(*(*made)->contexts(), shown, log);
            return made;
        }
        wrong = made.error();
    }
    for (std::string& one : wrong.messages)
        one = "Endpoint " + (on.name.empty() ? shown : on.name) + ": " + one;
    return wrong;
}

void tls_endpoints::look_at_expiry(const log_target& log) const {
    const std::lock_guard one_at_a_time(reading_);
    for (const known& one : alive())
        if (const auto endpoint = one.endpoint.lock())
            warn_of_expiry(*endpoint->contexts(), one.shown, log);
}

// Once, as of a transport that is passed over.
void tls_endpoints::tell_of_kernel(ktls_mode mode, const log_target& log) {
    if (mode == ktls_mode::off || std::exchange(told_of_kernel_, true)) return;
    const std::string why = tls::why_no_kernel_tls(), remedy = tls::remedy_for_kernel_tls();
    std::string told = "Kernel TLS: used for ";
    told += mode == ktls_mode::on ? "everything that the kernel takes." : "large bodies.";
    if (!why.empty()) told = "Kernel TLS: not used: " + why + '.';
    if (!remedy.empty()) told += ' ' + remedy + '.';
    log.write(log_level::information, told);
}

void tls_endpoints::warn_of_expiry(const tls::context_set& set, const std::string& shown,
                                   const log_target& log) const {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    for (const auto& host : set.hosts) {
        for (const server_certificate& one : host->certificates) {
            const auto& loaded = *one.loaded();
            for (const std::string& warning : loaded.warnings)
                log.write(log_level::warning, shown + ": " + warning);
            const certificate_facts& facts = one.facts();
            const std::string which = "The certificate " + facts.subject + " of " + shown;
            if (facts.not_before > now)
                log.write(log_level::warning,
                          which + " is not valid before " + date_of(facts.not_before) + '.');
            if (facts.not_after <= now)
                log.write(log_level::warning,
                          which + " has expired on " + date_of(facts.not_after) + '.');
            else if (facts.not_after - now < expiry_warning_)
                log.write(log_level::warning,
                          which + " expires on " + date_of(facts.not_after) + '.');
        }
    }
}

std::vector<tls_endpoints::known> tls_endpoints::alive() const {
    const std::lock_guard lock(guard_);
    return known_;
}

void tls_endpoints::renew(const log_target& log) {
    const std::lock_guard one_at_a_time(reading_);
    if (!ticket_file_.empty())
        for (const std::string& one : tickets_->use_file(ticket_file_).messages)
            log.write(log_level::error, one + " The keys stay as they were.");
    for (const known& one : alive()) {
        const auto endpoint = one.endpoint.lock();
        if (endpoint == nullptr) continue;
        const auto before = endpoint->contexts();
        const error wrong = endpoint->renew();
        for (const std::string& why : wrong.messages)
            log.write(log_level::error,
                      "The certificates of " + one.shown + " stay as they were: " + why);
        if (!wrong.messages.empty()) continue;
        const auto now = endpoint->contexts();
        if (tls::served_alike(*before, *now)) continue;
        log.write(log_level::information, "Changed: certificates of " + one.shown);
        warn_of_expiry(*now, one.shown, log);
    }
}

void tls_endpoints::follow(const server_options& now, const log_target& log) {
    std::vector<std::string> files;
    bool any = false;
    {
        const std::lock_guard one_at_a_time(reading_);
        default_ = now.default_certificate;
        expiry_warning_ = now.tls.expiry_warning;
        const std::lock_guard lock(guard_);
        std::erase_if(known_, [](const known& one) { return one.endpoint.expired(); });
    }
    for (const known& one : alive()) {
        const auto endpoint = one.endpoint.lock();
        if (endpoint == nullptr) continue;
        const std::vector<std::string> more = endpoint->files();
        files.insert(files.end(), more.begin(), more.end());
        any = true;
    }
    if (any && !ticket_file_.empty()) files.push_back(ticket_file_);
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    if (here_ || (files == followed_ && any == watch_.has_value())) return;
    watch_.reset();
    followed_ = files;
    if (!any) return;
    watch_.emplace(std::move(files), [this, log] { renew(log); });
    watch_->now_and_then(looks_apart, [this, log] { look_at_expiry(log); });
    if (!watch_->start(log)) {
        watch_.reset();  // the next change of the server tries again
        return;
    }
    renew(log);  // what has changed between the reading and the watching
}

std::vector<diagnostics::served_certificate> tls_endpoints::certificates() const {
    std::vector<diagnostics::served_certificate> all;
    for (const known& one : alive()) {
        const auto endpoint = one.endpoint.lock();
        if (endpoint == nullptr) continue;
        const auto contexts = endpoint->contexts();  // held: `renew` may put others in their place
        for (const auto& host : contexts->hosts)
            for (const server_certificate& served : host->certificates) {
                const certificate_facts& facts = served.facts();
                const auto same = [&](const diagnostics::served_certificate& other) {
                    return other.thumbprint == facts.thumbprint;
                };
                if (std::none_of(all.begin(), all.end(), same))
                    all.push_back({facts.subject, facts.thumbprint, facts.not_after});
            }
    }
    return all;
}

}  // namespace saker

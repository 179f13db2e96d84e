// See tls_endpoint.h.

#include "protocols/tls/tls_endpoint.h"

#include "protocols/tls/context.h"

#include <algorithm>
#include <utility>

namespace saker::tls {
namespace {

void append(error& all, const error& more, const std::string& where) {
    for (const std::string& one : more.messages) all.messages.push_back(where + one);
}

std::vector<server_certificate> load_all(const std::vector<certificate_source>& sources,
                                         const std::string& where, error& wrong) {
    std::vector<server_certificate> all;
    for (const certificate_source& source : sources) {
        auto loaded = server_certificate::load(source);
        if (loaded)
            all.push_back(*std::move(loaded));
        else
            append(wrong, loaded.error(), where);
    }
    return all;
}

// In the form of the wire, the one that is preferred first.
std::string alpn_of(const endpoint_settings& of, const std::optional<http_protocols>& of_name) {
    std::vector<std::string> names = of.options.application_protocols;
    if (of.is_http) {
        names.clear();
        const auto wanted = static_cast<unsigned>(of_name.value_or(of.http));
        const auto serves = [&](http_protocols one) {
            return (wanted & static_cast<unsigned>(one)) != 0;
        };
        if (serves(http_protocols::http2)) names.emplace_back("h2");
        if (serves(http_protocols::http1)) names.emplace_back("http/1.1");
    }
    std::string wire;
    for (const std::string& one : names) {
        if (one.empty() || one.size() > 255) continue;
        wire += static_cast<char>(one.size());
        wire += one;
    }
    return wire;
}

void add_files(const std::vector<certificate_source>& of, std::vector<std::string>& into) {
    for (const certificate_source& one : of)
        for (const std::string* path : {&one.path, &one.key_path, &one.ocsp_path})
            if (!path->empty()) into.push_back(*path);
}

class contexts_maker {
public:
    contexts_maker(const endpoint_settings& of, ticket_keys& keys)
        : settings_(of), keys_(keys), made_(std::make_shared<context_set>()) {
        made_->options = of.options;
    }

    result<std::shared_ptr<const context_set>> make() {
        const std::vector<server_certificate> usual = usual_certificates();
        add(usual, {}, {});
        for (const sni_options& one : settings_.options.sni) {
            const std::string where = "Sni:" + one.host + ": ";
            add(one.certificates.empty() ? usual : load_all(one.certificates, where, wrong_), one,
                where);
        }
        add_names();
        if (!wrong_.messages.empty()) return wrong_;
        return std::shared_ptr<const context_set>(std::move(made_));
    }

private:
    std::vector<server_certificate> usual_certificates() {
        const https_options& options = settings_.options;
        if (!options.loaded_certificates.empty()) return options.loaded_certificates;
        if (!options.certificates.empty()) return load_all(options.certificates, {}, wrong_);
        if (!needs_certificate(options)) return {};
        if (!settings_.default_loaded.empty()) return settings_.default_loaded;
        const size_t before = wrong_.messages.size();
        auto loaded = load_all(settings_.default_certificates, {}, wrong_);
        if (loaded.empty() && wrong_.messages.size() == before)
            wrong_.messages.emplace_back(
                "No server certificate was specified, and there is no development certificate. "
                "Name one: use_https(\"certificate.pem\"), Kestrel:Certificates:Default:Path, or "
                "--certificate.");
        return loaded;
    }

    void add_names() {
        std::vector<std::string> names;
        for (const sni_options& one : settings_.options.sni) names.push_back(one.host);
        auto index = server_name_index::of(names);
        if (index)
            made_->names = *std::move(index);
        else
            append(wrong_, index.error(), {});
    }

    void add(std::vector<server_certificate> certificates, const sni_options& over,
             const std::string& where) {
        auto host = std::make_unique<host_settings>();
        host->options = &made_->options;
        host->certificates = std::move(certificates);
        host->protocols = over.protocols.value_or(settings_.options.protocols);
        host->client_certificates =
            over.client_certificates.value_or(settings_.options.client_certificate_mode);
        host->alpn = alpn_of(settings_, over.http);
        append(wrong_, make_context(*host, settings_, keys_), where);
        made_->hosts.push_back(std::move(host));
    }

    const endpoint_settings& settings_;
    ticket_keys& keys_;
    std::shared_ptr<context_set> made_;
    error wrong_;
};

}  // namespace

bool needs_certificate(const https_options& options) {
    if (options.server_certificate_selector || options.on_connection || options.on_connection_async)
        return false;
    const auto& sni = options.sni;
    return sni.empty() || std::any_of(sni.begin(), sni.end(), [](const sni_options& one) {
               return one.certificates.empty();
           });
}

bool served_alike(const context_set& one, const context_set& other) {
    return std::equal(one.hosts.begin(), one.hosts.end(), other.hosts.begin(), other.hosts.end(),
                      [](const auto& a, const auto& b) {
                          return std::equal(
                              a->certificates.begin(), a->certificates.end(),
                              b->certificates.begin(), b->certificates.end(),
                              [](const server_certificate& x, const server_certificate& y) {
                                  return x.facts().thumbprint == y.facts().thumbprint;
                              });
                      });
}

const host_settings* context_set::for_name(std::string_view server_name) const noexcept {
    if (options.sni.empty()) return hosts.front().get();
    const std::optional<size_t> found = names.find(server_name);
    return found ? hosts[*found + 1].get() : nullptr;
}

result<std::shared_ptr<tls_endpoint>> tls_endpoint::make(endpoint_settings settings,
                                                         std::shared_ptr<ticket_keys> keys) {
    std::shared_ptr<tls_endpoint> made(new tls_endpoint(std::move(settings), std::move(keys)));
    if (error wrong = made->renew(); !wrong.messages.empty()) return wrong;
    return made;
}

error tls_endpoint::renew() {
    auto fresh = contexts_maker(settings_, *keys_).make();
    if (!fresh) return fresh.error();
    const std::lock_guard lock(guard_);
    current_ = *std::move(fresh);
    return {};
}

std::vector<std::string> tls_endpoint::files() const {
    const https_options& options = settings_.options;
    std::vector<std::string> all = options.client_trust_roots;
    all.insert(all.end(), options.revocation_lists.begin(), options.revocation_lists.end());
    add_files(options.certificates, all);
    for (const sni_options& one : options.sni) add_files(one.certificates, all);
    add_files(settings_.default_certificates, all);
    return all;
}

}  // namespace saker::tls

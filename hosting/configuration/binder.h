#pragma once
// Puts what is configured into options, row by row of the table, and keeps what it found out on the
// way: every mistake, every warning, and where each value came from.

#include "hosting/configuration/kept_values.h"
#include "hosting/configuration/table/setting_values.h"
#include "hosting/configuration/table/settings_table.h"

#include <saker/configuration.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker {

class configuration_binder {
public:
    configuration_binder(const configuration& from, const server_options& base)
        : from_(from), base_(base), options_(base) {}

    // Once.
    void run();
    // In the order of the sources; empty where `options` is good.
    [[nodiscard]] const std::vector<std::string>& mistakes() const noexcept { return mistakes_; }
    [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }
    [[nodiscard]] server_options options() && { return std::move(options_); }
    [[nodiscard]] std::vector<configuration::setting> effective() const;

private:
    using entry = configuration::entry;
    // A key of the table that is set, and by what; `rest` is what stands below the row.
    struct found {
        const setting* row;
        const entry* by;
        std::string_view rest;
    };
    using several = std::vector<found>;
    struct endpoint {
        std::string name;
        const entry* first = nullptr;  // of its keys, as they were read
        const entry* url = nullptr;
        several keys;
        // The names of its section Sni, each with the first entry that says it.
        std::vector<std::pair<std::string_view, const entry*>> hosts;
    };

    void sort_out(const entry&);
    bool check_form(const setting&, const entry&, std::string_view rest);
    void check_kind(const setting&, const entry&, std::string_view rest);
    void check_certificate_key(const setting&, const entry&, std::string_view rest);
    void unknown(const entry&);
    void sort_out_endpoint(const setting&, const entry&, std::string_view rest);
    void note_host(const entry&);
    void warn_of_near_miss(const entry&);
    [[nodiscard]] std::string unknown_transport(std::string_view given) const;
    void put(const setting&, const entry&, const place&);
    void apply_server();
    void apply_defaults();
    void add_endpoint(const endpoint&);
    bool check_endpoint(const endpoint&);
    void check_without_https(const endpoint&);

    // ---- of TLS: https.cc ----
    [[nodiscard]] std::vector<kept_value> kept(const several&, const setting_owners& scratch);
    [[nodiscard]] kept_https kept_https_of(const endpoint&);
    [[nodiscard]] std::optional<sni_options> sni_of(const endpoint&, std::string_view host,
                                                    const entry& by);
    [[nodiscard]] std::vector<certificate_source> certificates_of(const several&,
                                                                  const std::string& called);
    [[nodiscard]] std::optional<certificate_source> certificate_of(const several&,
                                                                   const std::string& called);
    void apply_default_certificate();
    [[nodiscard]] std::string text_of(const setting&, const entry&) const;

    void warn_of_nobody();
    void listen();
    void listen_on_urls(const std::string& urls, const entry* by);
    std::vector<std::pair<std::string, const entry*>> urls_of_ports() const;
    void check_whole();
    [[nodiscard]] const entry* source_of(std::string_view mistake) const;
    [[nodiscard]] const entry* source_of_https(std::string_view mistake, size_t endpoint) const;
    void tell_endpoint(const endpoint&, listen_options&,
                       std::vector<configuration::setting>& into) const;
    void tell_keys(const several&, const std::string& path, size_t segments,
                   std::vector<configuration::setting>& into) const;
    void tell_default_certificate(std::vector<configuration::setting>& into) const;
    void tell_addresses(std::vector<configuration::setting>& into) const;
    [[nodiscard]] std::string origin_of(const setting&, server_options& options,
                                        server_options& base) const;

    [[nodiscard]] const entry* find(std::string_view key) const noexcept;
    [[nodiscard]] std::string text_of(std::string_view key) const;
    endpoint& endpoint_named(std::string_view name, const entry& by);
    void mistake(const entry& by, std::string_view what);
    void warn(const entry& by, std::string_view what);

    const configuration& from_;
    const server_options& base_;
    server_options options_;
    several server_, defaults_, default_certificate_;
    std::vector<endpoint> endpoints_;
    std::vector<const entry*> listened_by_;  // of each of `options_.endpoints`; null: code
    std::vector<std::string> told_;          // unknown sections that were told, in small letters
    std::vector<std::pair<size_t, std::string>> found_mistakes_;  // with the order of the source
    std::vector<std::string> mistakes_, warnings_;
};

}  // namespace saker

// Names and files as texts, ranges as numbers; that a cipher is one and a file can be read shows
// when OpenSSL sees it.

#include "hosting/https/https_check.h"

#include "core/base/log.h"
#include "protocols/http/characters.h"

#include <algorithm>

namespace saker {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds longest_session = std::chrono::hours(24 * 7);  // RFC 8446 4.6.1
constexpr size_t longest_host = 253;                             // RFC 1035 2.3.4, as text
constexpr size_t longest_label = 63;
constexpr size_t longest_protocol = 255;  // RFC 7301 3.1

std::string in_quotes(std::string_view text) { return '\'' + escape(text) + '\''; }

// The system would cut a path at a NUL, and OpenSSL a list.
void check_text(option_mistakes& found, const std::string& option, const std::string& text) {
    if (has_control_character(text))
        found.add(option, in_quotes(text), "a text without control characters");
}

void check_texts(option_mistakes& found, const std::string& option,
                 const std::vector<std::string>& texts) {
    for (size_t i = 0; i < texts.size(); ++i) {
        const std::string one = option + '[' + std::to_string(i) + ']';
        if (texts[i].empty()) found.add(one, "empty", "a text");
        check_text(found, one, texts[i]);
    }
}

void check_source(option_mistakes& found, const std::string& option,
                  const certificate_source& source) {
    if (source.path.empty() && source.subject.empty())
        found.add(option, "without a path and a subject", "a file's path, or a subject");
    if (!source.path.empty() && !source.subject.empty())
        found.add(option + " has a path and the subject " + in_quotes(source.subject) +
                  "; valid is one of them.");
    check_text(found, option + ".path", source.path);
    check_text(found, option + ".key_path", source.key_path);
    check_text(found, option + ".ocsp_path", source.ocsp_path);
    check_text(found, option + ".subject", source.subject);
    check_text(found, option + ".store", source.store);
    check_text(found, option + ".location", source.location);
}

void check_sources(option_mistakes& found, const std::string& option,
                   const std::vector<certificate_source>& sources) {
    for (size_t i = 0; i < sources.size(); ++i)
        check_source(found, option + '[' + std::to_string(i) + ']', sources[i]);
}

void check_protocols(option_mistakes& found, const std::string& option, ssl_protocols protocols) {
    if (protocols > ssl_protocols::tls12_and_tls13)
        found.add(option, std::to_string(static_cast<unsigned>(protocols)),
                  "none, tls12, tls13 or tls12_and_tls13");
}

void check_mode(option_mistakes& found, const std::string& option, client_certificate_mode mode) {
    if (mode > client_certificate_mode::delay_certificate)
        found.add(option, std::to_string(static_cast<unsigned>(mode)),
                  "no_certificate, allow_certificate, require_certificate or delay_certificate");
}

bool is_label(std::string_view label) noexcept {
    return !label.empty() && label.size() <= longest_label && !label.starts_with('-') &&
           !label.ends_with('-') && std::all_of(label.begin(), label.end(), [](char c) {
               const char small = to_lower(c);
               return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                      c == '_';
           });
}

void check_sni(option_mistakes& found, const std::string& option, const sni_options& sni) {
    if (const std::string valid = valid_instead_of_sni(sni.host); !valid.empty())
        found.add(option + ".host", in_quotes(sni.host), valid);
    check_sources(found, option + ".certificates", sni.certificates);
    check_protocols(found, option + ".protocols", sni.protocols.value_or(ssl_protocols::none));
    check_mode(found, option + ".client_certificates",
               sni.client_certificates.value_or(client_certificate_mode::no_certificate));
    if (!sni.http) return;
    const auto http = static_cast<unsigned>(*sni.http);
    if (http < 1 || http > 3)
        found.add(option + ".http", std::to_string(http), "http1, http2 or http1_and_http2");
}

void check_names(option_mistakes& found, const std::string& option,
                 const std::vector<sni_options>& all) {
    for (size_t i = 0; i < all.size(); ++i) {
        check_sni(found, option + '[' + std::to_string(i) + ']', all[i]);
        for (size_t before = 0; before < i; ++before)
            if (equals_ignore_case(all[i].host, all[before].host))
                found.add(option + '[' + std::to_string(i) + "].host",
                          in_quotes(all[i].host) + ", as that of sni[" + std::to_string(before) +
                              "] is already",
                          "each name once");
    }
}

void check_revocation(option_mistakes& found, const std::string& option,
                      const https_options& https) {
    check_texts(found, option + "revocation_lists", https.revocation_lists);
    if (https.check_certificate_revocation && https.revocation_lists.empty())
        found.add(option + "check_certificate_revocation", "true without revocation_lists",
                  "a list (PEM or DER) of each issuer in revocation_lists, fetched by you: nothing "
                  "is fetched here");
}

void check_choosing(option_mistakes& found, const std::string& option, const https_options& https) {
    for (size_t i = 0; i < https.loaded_certificates.size(); ++i)
        if (!https.loaded_certificates[i])
            found.add(option + "loaded_certificates[" + std::to_string(i) + ']', "null",
                      "a certificate that was loaded");
    if (https.on_connection && https.on_connection_async)
        found.add(option +
                  "on_connection and on_connection_async are both there; valid is one of "
                  "them.");
}

void check_application_protocols(option_mistakes& found, const std::string& option,
                                 const std::vector<std::string>& names) {
    for (size_t i = 0; i < names.size(); ++i)
        if (names[i].empty() || names[i].size() > longest_protocol)
            found.add(option + '[' + std::to_string(i) + ']',
                      std::to_string(names[i].size()) + " bytes long", "from 1 to 255 bytes");
}

}  // namespace

std::string valid_instead_of_sni(std::string_view host) {
    const std::string names = "a name such as example.com, *.example.com or *";
    if (host == "*") return {};
    std::string_view rest = host.starts_with("*.") ? host.substr(2) : host;
    if (std::any_of(rest.begin(), rest.end(),
                    [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
        return names + "; other letters are written as in DNS: xn--bcher-kva.example";
    if (rest.empty() || rest.size() > longest_host) return names;
    std::string_view label;
    for (bool more = true; more;) {
        const size_t dot = std::min(rest.find('.'), rest.size());
        label = rest.substr(0, dot);
        if (!is_label(label)) return names;
        more = dot != rest.size();
        rest.remove_prefix(std::min(dot + 1, rest.size()));
    }
    // RFC 6066 3: no client asks for an address.
    const bool address = label.find_first_not_of("0123456789") == std::string_view::npos;
    return address ? names + "; addresses are not asked for by name" : std::string();
}

void check_tls(option_mistakes& found, const server_options& options) {
    const tls_options& tls = options.tls;
    found.zero("tls.max_concurrent_handshakes", tls.max_concurrent_handshakes);
    check_text(found, "tls.session_ticket_key_file", tls.session_ticket_key_file);
    if (tls.session_lifetime < seconds(1) || tls.session_lifetime > longest_session)
        found.add("tls.session_lifetime", std::to_string(tls.session_lifetime.count()) + " s",
                  "from 1 s to 604800 s, a week");
    if (tls.expiry_warning.count() < 0)
        found.add("tls.expiry_warning", std::to_string(tls.expiry_warning.count()) + " h",
                  "0 h or more");
    check_text(found, "tls.development_certificate_folder", tls.development_certificate_folder);
    if (options.default_certificate)
        check_source(found, "default_certificate", *options.default_certificate);
}

void check_https(option_mistakes& found, const std::string& where, const listen_options& options) {
    const https_options& https = *options.https;
    const std::string option = where + ".https.";
    check_sources(found, option + "certificates", https.certificates);
    check_choosing(found, option, https);
    check_names(found, option + "sni", https.sni);
    check_protocols(found, option + "protocols", https.protocols);
    check_texts(found, option + "cipher_suites_policy", https.cipher_suites_policy);
    check_text(found, option + "groups", https.groups);
    check_mode(found, option + "client_certificate_mode", https.client_certificate_mode);
    check_texts(found, option + "client_trust_roots", https.client_trust_roots);
    check_revocation(found, option, https);
    found.not_positive(option + "handshake_timeout", https.handshake_timeout);
    if (https.ktls > ktls_mode::off)
        found.add(option + "ktls", std::to_string(static_cast<unsigned>(https.ktls)),
                  "automatic, on or off");
    check_application_protocols(found, option + "application_protocols",
                                https.application_protocols);
    if (options.middleware_before_https > options.middleware.size())
        found.add(where + ".middleware_before_https",
                  std::to_string(options.middleware_before_https),
                  "the number of middleware at most");
}

}  // namespace saker

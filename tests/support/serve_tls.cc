// See serve_tls.h.

#include "tests/support/serve_tls.h"

#include <map>

namespace saker::test {

https_options served_tls::https_with_certificate() const {
    https_options with = https;
    const bool has_one = !with.certificates.empty() || !with.loaded_certificates.empty() ||
                         with.server_certificate_selector || with.on_connection ||
                         with.on_connection_async;
    if (!has_one) with.loaded_certificates.push_back(loaded(certificate_for({"localhost"})));
    return with;
}

void served_tls::prepare() {
    if (in_clear)
        url = "http://127.0.0.1:0";
    else if (endpoint_options.https == nullptr)
        endpoint_options.use_https(https_with_certificate());
}

void served_tls::leave() {
    for (const auto& one : tls_clients_) {
        if (one->was_reset()) continue;
        one->settle();
        EXPECT_EQ(one->heard(), "") << "this was not expected";
    }
    tls_clients_.clear();
    served::leave();
}

tls_client_options served_tls::chosen_with(tls_version only) const {
    tls_client_options with = chosen;
    with.lowest = with.highest = only;
    return with;
}

tls_client_options served_tls::chosen_as(const issued_certificate& own) const {
    tls_client_options with = chosen;
    with.certificate = own.certificate_pem + own.chain_pem;
    with.key = own.key_pem;
    return with;
}

tls_client& served_tls::tls(size_t which) {
    while (tls_clients_.size() <= which) open_tls(chosen);
    return *tls_clients_[which];
}

tls_client& served_tls::open_tls(const tls_client_options& with, peer_options how) {
    tls_client& made = new_tls(with, how);
    EXPECT_TRUE(made.handshake()) << made.failure();
    return made;
}

tls_client& served_tls::new_tls(const tls_client_options& with, peer_options how) {
    tls_clients_.push_back(std::make_unique<tls_client>(its_turns(), connect(how), with));
    return *tls_clients_.back();
}

void served_tls::expect_greeting(tls_client& here) {
    here.send("GET / HTTP/1.1", "Host: a", "", "");
    here.receive_raw(ok("hello"));
}

void served_tls::expect_refused(tls_client& here, std::optional<tls_alert> with) {
    here.handshake();
    here.turn_until([&] { return here.ended() || here.was_reset(); });
    EXPECT_TRUE(here.ended() || here.was_reset()) << "the connection goes on";
    EXPECT_EQ(here.heard(), "");
    here.wire().end();
    if (!here.alert()) {
        ADD_FAILURE() << "no alert but: " << here.failure();
    } else {
        EXPECT_TRUE(here.alert_was_fatal());
        EXPECT_EQ(*here.alert(), with.value_or(*here.alert())) << name_of(*here.alert());
    }
    EXPECT_EQ(ended(), end_reason::tls_handshake_failed);
}

const issued_certificate& served_tls::client_certificate_for(const std::string& name) {
    static std::map<std::string, issued_certificate> all;
    const auto found = all.find(name);
    if (found != all.end()) return found->second;
    return all.emplace(name, ca().issue({.names = {name}, .client = true})).first->second;
}

std::string served_tls::file_of(std::string_view text) {
    if (!folder_) folder_.emplace();
    return folder_->write(std::to_string(files_++) + ".pem", text);
}

certificate_source served_tls::source_of(const issued_certificate& issued) {
    certificate_source from;
    from.path = file_of(issued.certificate_pem + issued.chain_pem + issued.key_pem);
    return from;
}

std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const char c : bytes) {
        text += digits[static_cast<unsigned char>(c) >> 4];
        text += digits[static_cast<unsigned char>(c) & 15];
    }
    return text;
}

}  // namespace saker::test

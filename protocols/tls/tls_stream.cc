// The handshake of a TLS connection, its beginning and its end, and what can be read of it. The
// data path is in tls_data.cc.

#include "protocols/tls/tls_stream.h"

#include "core/base/log.h"
#include "protocols/tls/service.h"

#include <openssl/err.h>

#include <algorithm>
#include <utility>

namespace saker::tls {
namespace {

// Reads ahead of the application: the pipe in front of it has the limit that the options say.
constexpr pipe_options plain_in{64 * 1024, 32 * 1024};

// The name in the extension server_name (RFC 6066 3), which has one of one type; empty otherwise.
std::string_view server_name_in(SSL* ssl) noexcept {
    const unsigned char* bytes = nullptr;
    size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) != 1 || size < 5)
        return {};
    const size_t list = static_cast<size_t>(bytes[0]) << 8 | bytes[1];
    const size_t name = static_cast<size_t>(bytes[3]) << 8 | bytes[4];
    if (list + 2 != size || bytes[2] != TLSEXT_NAMETYPE_host_name || name + 5 > size) return {};
    return {reinterpret_cast<const char*>(bytes + 5), name};
}

// The names in the extension for ALPN (RFC 7301 3.1).
std::vector<std::string> application_protocols_in(SSL* ssl) {
    const unsigned char* bytes = nullptr;
    size_t size = 0;
    std::vector<std::string> names;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &bytes,
                                  &size) != 1 ||
        size < 2)
        return names;
    for (size_t at = 2; at < size;) {
        const size_t length = bytes[at];
        if (length == 0 || at + 1 + length > size) break;
        names.emplace_back(reinterpret_cast<const char*>(bytes + at + 1), length);
        at += 1 + length;
    }
    return names;
}

}  // namespace

struct tls_stream::question {
    std::vector<std::string> protocols;
    std::vector<std::string_view> views;
    std::optional<tls_connection_options> decision;
};

tls_stream::tls_stream(core_connection& on, service& of) noexcept
    : turn_end_hook(
          [](turn_end_hook& hook) noexcept { static_cast<tls_stream&>(hook).at_turn_end(); }),
      connection_(on),
      service_(of),
      raw_in_(on.input()),
      raw_out_(on.output()),
      in_(of.plaintext(), plain_in),
      out_(on.on_core().text(), of.output_options()),
      ends_{raw_in_, raw_out_} {}

tls_stream::~tls_stream() = default;

bool tls_stream::open(std::shared_ptr<const context_set> contexts) noexcept {
    contexts_ = std::move(contexts);
    host_ = contexts_->hosts.front().get();
    forget_errors();
    ssl_.reset(SSL_new(host_->context.get()));
    BIO* const bio = ssl_ == nullptr ? nullptr : make_pipe_bio(ends_);
    if (bio == nullptr) return false;
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
    SSL_set_app_data(ssl_.get(), static_cast<handshake_listener*>(this));
    if (service_.uses_kernel() && connection_.is_bare()) {
        keys_ = std::make_unique<kernel_keys>();
        ends_.keys = keys_.get();
        SSL_set_options(ssl_.get(), SSL_OP_ENABLE_KTLS);
    }
    return true;
}

tls_stream::step tls_stream::shake_hands() noexcept {
    forget_errors();
    const int result = SSL_accept(ssl_.get());
    if (result == 1) return step::done;  // the last flight leaves with what is answered next
    raw_out_.publish();
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: return step::wants_more;
        case SSL_ERROR_WANT_CLIENT_HELLO_CB: return step::wants_decision;
        default: break;
    }
    const std::string why = openssl_errors();
    if (failure_.empty()) failure_ = why;
    return step::failed;
}

// ---- who is served with what ----

std::optional<bool> tls_stream::on_client_hello(SSL* ssl, int& alert) noexcept {
    std::optional<bool> accepted = false;
    try {
        const std::string_view name = server_name_in(ssl);
        if (greeted_ && name != server_name_) {
            // After a HelloRetryRequest: what was decided for one name is not another's.
            alert = SSL_AD_ILLEGAL_PARAMETER;
            failure_ = "the client has changed the server name in its second hello";
            return false;
        }
        if (!greeted_) server_name_ = name;
        greeted_ = true;
        accepted = choose(ssl, name, alert);
    } catch (const std::exception& thrown) {
        alert = SSL_AD_INTERNAL_ERROR;
        failure_ = std::string("a callback has thrown: ") + thrown.what();
    } catch (...) {
        alert = SSL_AD_INTERNAL_ERROR;
        failure_ = "a callback has thrown what is no std::exception";
    }
    return accepted;
}

std::optional<bool> tls_stream::choose(SSL* ssl, std::string_view name, int& alert) {
    host_ = contexts_->for_name(name);
    if (host_ == nullptr) {
        alert = SSL_AD_UNRECOGNIZED_NAME;
        failure_ = name.empty()
                       ? "the client did not specify a server name, and the Sni section "
                         "has no entry for that"
                       : "no SNI configuration was found for the name '" + escape(name, 64) + '\'';
        return false;
    }
    use_host(ssl, *host_);
    mode_ = host_->client_certificates;
    ERR_set_mark();  // what a callback leaves in OpenSSL's queue is not ours
    try {
        const std::optional<bool> accepted = ask_callbacks(ssl, alert);
        ERR_pop_to_mark();
        return accepted;
    } catch (...) {
        ERR_pop_to_mark();
        throw;
    }
}

// Each is asked once a handshake, of which a HelloRetryRequest makes two hellos.
std::optional<bool> tls_stream::ask_callbacks(SSL* ssl, int& alert) {
    const https_options& options = *host_->options;
    const bool selects = static_cast<bool>(options.server_certificate_selector);
    if (!selects && !options.on_connection && !options.on_connection_async) return true;
    if (question_ == nullptr) {
        question_ = std::make_unique<question>();
        question_->protocols = application_protocols_in(ssl);
        question_->views = {question_->protocols.begin(), question_->protocols.end()};
        if (selects) {
            tls_connection_options& chosen = question_->decision.emplace();
            chosen.certificates = {options.server_certificate_selector(connection_, server_name_)};
        } else if (options.on_connection) {
            question_->decision = options.on_connection(hello());
        }
    }
    if (!question_->decision) return std::nullopt;
    return apply(ssl, *question_->decision, alert);
}

bool tls_stream::apply(SSL* ssl, const tls_connection_options& chosen, int& alert) noexcept {
    alert = SSL_AD_UNRECOGNIZED_NAME;
    if (!use_certificates(ssl, chosen.certificates)) {
        if (failure_.empty())
            failure_ = "no certificate was chosen for the name '" + escape(server_name_, 64) + '\'';
        return false;
    }
    chosen_ = chosen.certificates;
    mode_ = chosen.client_certificates.value_or(mode_);
    use_instead(ssl, *host_, mode_, chosen_);
    if (!chosen.protocols || use_protocols(ssl, *chosen.protocols)) return true;
    alert = SSL_AD_PROTOCOL_VERSION;
    failure_ = "the protocols that were chosen are not those that the endpoint serves";
    return false;
}

client_hello tls_stream::hello() noexcept { return {&connection_, server_name_, question_->views}; }

void tls_stream::decide(tls_connection_options chosen) noexcept {
    question_->decision = std::move(chosen);
}

void tls_stream::refuse(std::string why) noexcept {
    failure_ = std::move(why);
    question_->decision.emplace();  // without a certificate
}

bool tls_stream::on_client_certificate(X509_STORE_CTX* about, bool trusted) noexcept {
    const auto& decides = host_->options->client_certificate_validation;
    if (!decides) return trusted;
    X509* const leaf = X509_STORE_CTX_get0_cert(about);
    bool welcome = false;
    ERR_set_mark();
    try {
        certificate_verdict verdict{trusted, {}};
        if (!trusted)
            verdict.reason = X509_verify_cert_error_string(X509_STORE_CTX_get_error(about));
        welcome = decides({facts_of(leaf), pem_of(leaf)}, verdict);
    } catch (...) {}  // who cannot decide does not let anybody in
    ERR_pop_to_mark();
    return welcome;
}

std::string_view tls_stream::ocsp_response(const X509* of) const noexcept {
    for (const auto* all : {&chosen_, &host_->certificates})
        for (const server_certificate& one : *all)
            if (one && one.loaded()->leaf.get() == of) return one.loaded()->ocsp_response;
    return {};
}

// ---- the conversation ----

void tls_stream::begin() noexcept {
    question_ = nullptr;
    if (mode_ == client_certificate_mode::delay_certificate || (keys_ && !keys_->known(true))) {
        // Asking later takes a record of OpenSSL's own; a cipher of which the kernel knows nothing.
        forget_keys();
    }
    if (keys_ != nullptr && host_->options->ktls != ktls_mode::on) keys_->forget(false);
    before_ = connection_.replace_transport({&in_, &out_, this});
    on_room();
    wait_for_plaintext();
    connection_.on_core().at_turn_end(*this);
    on_ciphertext();  // what came with the end of the handshake
}

task<> tls_stream::finish() {
    struct awaiter {
        tls_stream& self;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> waiting) noexcept {
            self.finishing_ = waiting;
            self.connection_.time_the_rest();
            self.connection_.on_core().at_turn_end(self);
        }
        void await_resume() const noexcept {}
    };
    in_.stop_reading();
    co_await awaiter{*this};
    while (queued) co_await awaiter{*this};
    say_goodbye();
    raw_in_.when_readable({});
    raw_out_.when_room({});
    if (kernel_ != nullptr) kernel_->forget_listener();
    connection_.replace_transport(before_);
}

// ---- what can be read of it ----

std::string_view tls_stream::protocol() const noexcept { return SSL_get_version(ssl_.get()); }

std::string_view tls_stream::cipher_suite() const noexcept {
    const SSL_CIPHER* const used = SSL_get_current_cipher(ssl_.get());
    const char* const name = used == nullptr ? nullptr : SSL_CIPHER_standard_name(used);
    return name == nullptr ? std::string_view() : name;
}

std::string_view tls_stream::server_name() const noexcept { return server_name_; }

std::string_view tls_stream::application_protocol() const noexcept {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

bool tls_stream::resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }

const saker::client_certificate* tls_stream::client_certificate() const {
    if (client_ != nullptr) return client_.get();
    X509* const shown = SSL_get0_peer_certificate(ssl_.get());
    if (shown == nullptr) return nullptr;
    client_ = std::make_unique<saker::client_certificate>();
    *client_ = {facts_of(shown), pem_of(shown)};
    return client_.get();
}

// The answer comes as a handshake message between the client's records; the reader of plaintext is
// woken by it, and by the end.
task<const saker::client_certificate*> tls_stream::client_certificate_async() {
    const bool may_ask = mode_ == client_certificate_mode::delay_certificate && !asked_client_ &&
                         !failed_ && SSL_version(ssl_.get()) == TLS1_3_VERSION &&
                         application_protocol() != "h2";  // RFC 9113 9.2.3
    if (!may_ask) co_return client_certificate();
    asked_client_ = true;
    SSL_set_msg_callback_arg(ssl_.get(), this);
    SSL_set_msg_callback(ssl_.get(), [](int sent, int, int type, const void* message, size_t size,
                                        SSL*, void* self) {
        const bool finished = sent == 0 && type == SSL3_RT_HANDSHAKE && size > 0 &&
                              *static_cast<const unsigned char*>(message) == SSL3_MT_FINISHED;
        if (finished) static_cast<tls_stream*>(self)->client_answered_ = true;
    });
    forget_errors();
    if (SSL_verify_client_post_handshake(ssl_.get()) != 1 || SSL_do_handshake(ssl_.get()) != 1) {
        service_.log(connection_,
                     "The client cannot be asked for a certificate: " + openssl_errors());
        co_return nullptr;
    }
    raw_out_.publish();
    connection_.arm(deadline::tls_handshake, host_->options->handshake_timeout);
    waits_for_client_ = true;
    // Of requests that come meanwhile, no more than is read ahead anyway.
    while (!client_answered_ && !in_.completed() &&
           in_.length() < plain_in.pause_writer_threshold) {
        in_.advance(0, in_.length());
        if (!co_await in_.read() && connection_.expired() == deadline::tls_handshake) break;
    }
    waits_for_client_ = false;
    connection_.disarm();
    co_return client_certificate();
}

std::string tls_stream::channel_binding(binding kind) const {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    size_t size = 0;
    if (kind == binding::exporter) {
        constexpr std::string_view label = "EXPORTER-Channel-Binding";  // RFC 9266 4
        size = 32;
        if (SSL_export_keying_material(ssl_.get(), bytes, size, label.data(), label.size(), nullptr,
                                       0, 1) != 1)
            size = 0;
    } else if (kind == binding::unique) {
        // RFC 5929 3: the first Finished of the handshake, which is the server's when resumed.
        if (SSL_version(ssl_.get()) == TLS1_3_VERSION) return {};
        size = resumed() ? SSL_get_finished(ssl_.get(), bytes, sizeof bytes)
                         : SSL_get_peer_finished(ssl_.get(), bytes, sizeof bytes);
    } else if (X509* const own = SSL_get_certificate(ssl_.get()); own != nullptr) {
        // RFC 5929 4.1: the hash of the certificate's signature, SHA-256 where that is weaker.
        int digest = NID_undef;
        OBJ_find_sigid_algs(X509_get_signature_nid(own), &digest, nullptr);
        const EVP_MD* hash = EVP_get_digestbynid(digest);
        if (hash == nullptr || EVP_MD_get_size(hash) < 32) hash = EVP_sha256();
        unsigned length = 0;
        if (X509_digest(own, hash, bytes, &length) == 1) size = length;
    }
    forget_errors();
    return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace saker::tls

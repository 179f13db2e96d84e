#pragma once
// One TLS connection: between the socket's pipes, with ciphertext, and a pair of its own, with
// plaintext, which whoever is behind it gets. Records are opened as they arrive and sealed at the
// end of a turn, everything that was written in it together; nothing waits in between.
//
//     socket -> raw in -> OpenSSL -> plain in -> HTTP
//     socket <- raw out <- OpenSSL <- plain out <-
//
// Where the kernel has TLS, what is large is handed to it as it is: raw out carries plaintext then,
// and so does raw in where the kernel is to open all records.

#include "core/connection/core_connection.h"
#include "protocols/tls/context.h"
#include "protocols/tls/kernel_keys.h"
#include "protocols/tls/kernel_tls.h"
#include "protocols/tls/pipe_bio.h"

#include <saker/https.h>
#include <saker/pipe.h>

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace saker::tls {

class service;

class tls_stream final : public tls_connection,
                         private handshake_listener,
                         private kernel_listener,
                         private turn_end_hook {
public:
    tls_stream(core_connection& on, service& of) noexcept;
    ~tls_stream();
    tls_stream(const tls_stream&) = delete;
    tls_stream& operator=(const tls_stream&) = delete;

    [[nodiscard]] core_connection& on() noexcept { return connection_; }

    // ---- the handshake ----

    // Makes OpenSSL's object; false where there is no memory.
    [[nodiscard]] bool open(std::shared_ptr<const context_set> contexts) noexcept;
    enum class step : uint8_t { done, wants_more, wants_decision, failed };
    // As far as it goes with what has come.
    [[nodiscard]] step shake_hands() noexcept;
    // Why it failed, for the log: OpenSSL's words, or ours.
    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
    // What `wants_decision` is about; valid until it was decided.
    [[nodiscard]] client_hello hello() noexcept;
    void decide(tls_connection_options chosen) noexcept;
    void refuse(std::string why) noexcept;

    // ---- afterwards ----

    // Whoever is behind it has its pipes from now on.
    void begin() noexcept;
    // The client has not agreed on HTTP/2, and under the name that it asked for there is nothing
    // else.
    [[nodiscard]] bool lacks_http2() const noexcept {
        return host_->http2_alone && application_protocol() != "h2";
    }
    // Nobody is behind it any more: suspends until what was written is sealed, says close_notify,
    // and takes the pipes back.
    [[nodiscard]] task<> finish();

    // ---- tls_connection ----
    [[nodiscard]] std::string_view protocol() const noexcept override;
    [[nodiscard]] std::string_view cipher_suite() const noexcept override;
    [[nodiscard]] std::string_view server_name() const noexcept override;
    [[nodiscard]] std::string_view application_protocol() const noexcept override;
    [[nodiscard]] bool resumed() const noexcept override;
    [[nodiscard]] bool kernel_sends() const noexcept override { return ends_.closed_to_us; }
    [[nodiscard]] bool kernel_receives() const noexcept override { return kernel_receives_; }
    [[nodiscard]] const saker::client_certificate* client_certificate() const override;
    [[nodiscard]] task<const saker::client_certificate*> client_certificate_async() override;
    [[nodiscard]] std::string channel_binding(binding) const override;

private:
    struct question;  // of a client, while it is being decided

    std::optional<bool> on_client_hello(SSL*, int& alert) noexcept override;
    bool on_client_certificate(X509_STORE_CTX*, bool trusted) noexcept override;
    [[nodiscard]] std::string_view ocsp_response(const X509*) const noexcept override;
    [[nodiscard]] std::optional<bool> choose(SSL*, std::string_view name, int& alert);
    [[nodiscard]] std::optional<bool> ask_callbacks(SSL*, int& alert);
    [[nodiscard]] bool apply(SSL*, const tls_connection_options&, int& alert) noexcept;

    // tls_data.cc
    void on_ciphertext() noexcept;
    void wait_for_ciphertext() noexcept;
    [[nodiscard]] bool may_open() const noexcept;
    [[nodiscard]] size_t next_record() const noexcept;
    [[nodiscard]] bool open_records() noexcept;
    [[nodiscard]] bool open_record(size_t size) noexcept;
    void hand_in() noexcept;
    void on_read_end(int result) noexcept;
    void on_plaintext() noexcept;
    void wait_for_plaintext() noexcept;
    void on_room() noexcept;
    void seal() noexcept;
    [[nodiscard]] bool seal_record() noexcept;
    [[nodiscard]] std::string_view next_piece(size_t most) noexcept;
    [[nodiscard]] size_t record_size() noexcept;
    void hand_over() noexcept;
    [[nodiscard]] bool wants_kernel() const noexcept;
    [[nodiscard]] bool is_large() const noexcept;
    void let_kernel_send() noexcept;
    void let_kernel_receive() noexcept;
    [[nodiscard]] bool give_keys(bool sending) noexcept;
    void forget_keys() noexcept;
    void say_by_kernel() noexcept;
    void on_kernel_end() noexcept override;
    void on_kernel_failure(const std::string& why) noexcept override;
    void tell_what_is_behind() noexcept;
    void fail(end_reason why, std::string_view what) noexcept;
    void at_turn_end() noexcept;
    [[nodiscard]] bool sealed() const noexcept;
    void say_goodbye() noexcept;

    core_connection& connection_;
    service& service_;
    pipe& raw_in_;
    pipe& raw_out_;
    pipe in_, out_;
    pipe_ends ends_;
    ssl_ptr ssl_;
    std::shared_ptr<const context_set> contexts_;
    const host_settings* host_ = nullptr;
    std::unique_ptr<kernel_keys> keys_;
    kernel_tls* kernel_ = nullptr;  // the connection's, from when it sends or receives
    std::unique_ptr<question> question_;
    std::string server_name_;                 // what the client has asked for
    std::vector<server_certificate> chosen_;  // by a callback
    mutable std::unique_ptr<saker::client_certificate> client_;
    std::string failure_;
    std::coroutine_handle<> finishing_;
    steady_time last_sealed_{};
    connection::transport_view before_{};
    uint16_t next_size_ = 0;    // of a record
    uint8_t without_data_ = 0;  // records in a row
    bool failed_ = false;
    bool said_end_ = false;       // the client has said close_notify
    bool greeted_ = false;        // the client's first hello was looked at
    bool waits_to_send_ = false;  // records are not opened until the socket has taken some
    bool asked_client_ = false;
    bool waits_for_client_ = false;  // for its certificate after the handshake
    bool client_answered_ = false;
    bool kernel_receives_ = false;
    // Behind the data that the kernel has opened.
    enum class behind : uint8_t { nothing, end, failure } behind_ = behind::nothing;
    int unsent_alert_ = 0;  // OpenSSL's, which the kernel has to send: its level and number
    client_certificate_mode mode_ = client_certificate_mode::no_certificate;
};

}  // namespace saker::tls

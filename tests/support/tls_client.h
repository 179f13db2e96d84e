#pragma once
// A TLS client in a test: OpenSSL's, whose ciphertext goes through a `raw_client`, and so over any
// transport and in any cut. It is a conversation as the clear one is, and lets a test look and
// reach below: records and handshake messages with their sizes, alerts, flights that are said in
// part or changed, records that OpenSSL would never write. OpenSSL's types stay in the sources.

#include "tests/support/raw_client.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

struct ssl_session_st;

namespace saker::test {

enum class tls_version : uint16_t { tls11 = 0x0302, tls12 = 0x0303, tls13 = 0x0304 };
std::string_view name_of(tls_version);  // "tls13"

// RFC 8446 6; those that a test expects.
enum class tls_alert : uint8_t {
    close_notify = 0,
    unexpected_message = 10,
    bad_record_mac = 20,
    record_overflow = 22,
    handshake_failure = 40,
    bad_certificate = 42,
    unsupported_certificate = 43,
    certificate_revoked = 44,
    certificate_expired = 45,
    certificate_unknown = 46,
    illegal_parameter = 47,
    unknown_ca = 48,
    access_denied = 49,
    decode_error = 50,
    decrypt_error = 51,
    protocol_version = 70,
    insufficient_security = 71,
    internal_error = 80,
    inappropriate_fallback = 86,
    user_canceled = 90,
    no_renegotiation = 100,
    missing_extension = 109,
    unsupported_extension = 110,
    unrecognized_name = 112,
    certificate_required = 116,
    no_application_protocol = 120,
};
std::string_view name_of(tls_alert);
inline void PrintTo(tls_alert which, std::ostream* to) {
    *to << name_of(which) << " (" << static_cast<int>(which) << ')';
}

// What a record carries. An `alert` of TLS 1.3 looks like `data` from outside.
enum class tls_content : uint8_t {
    none = 0,
    change_cipher = 20,
    alert = 21,
    handshake = 22,
    data = 23,
    heartbeat = 24
};
inline constexpr size_t tls_record_header = 5;

struct tls_record {
    tls_content kind;  // inside, where TLS 1.3 hides it
    size_t size;       // of the fragment as it was sent, without its header
};
struct tls_message {
    bool sent;     // by the client
    uint8_t kind;  // 1: ClientHello, 2: ServerHello, 4: NewSessionTicket, ...
    size_t size;   // with its header
};

using tls_session = std::shared_ptr<ssl_session_st>;

struct tls_client_options {
    tls_version lowest = tls_version::tls12;
    tls_version highest = tls_version::tls13;
    // In OpenSSL's words; empty: its defaults.
    std::string ciphers = {};               // of TLS 1.2
    std::string suites = {};                // of TLS 1.3
    std::string groups = {};                // "P-256:X25519"
    std::string signatures = {};            // "ECDSA+SHA256", which also chooses among certificates
    std::string server_name = "localhost";  // empty: no SNI
    std::vector<std::string> application_protocols = {};
    // PEM of the root that the server has to be trusted by; empty: it is not verified.
    std::string trusts = {};
    // PEM; empty: the client has none.
    std::string certificate = {}, key = {};
    tls_session resumes = {};
    bool post_handshake_auth = false;
    bool asks_for_staple = false;
    bool tickets = true;
};

// PEM of a key that pretends to be the P-256 key of a certificate.
[[nodiscard]] std::string forged_key_pem(const std::string& certificate_pem);

class tls_client final : public conversation {
public:
    tls_client(turns& server, std::unique_ptr<raw_client> wire, const tls_client_options&);
    ~tls_client() override;

    // ---- the handshake; `send_raw` makes it where nobody has ----

    // False where it failed, or the server says no more.
    bool handshake();
    // The next that the client says, having heard all that has come; it is not sent.
    std::string flight();
    // No more than the first `most` bytes that the client says in it: how many there were. It is
    // over where there were fewer; `handshake` goes on with what is left.
    size_t handshake_up_to(size_t most);
    [[nodiscard]] bool established() const;
    // Why the client gave up; empty while it has not.
    [[nodiscard]] const std::string& failure() const;

    // ---- a conversation ----

    void send_raw(std::string_view bytes) override;
    [[nodiscard]] size_t unsent() const override;  // bytes of ciphertext; `send_rest` says them
    void send_rest();
    // A close_notify, which the end of the connection's side follows.
    void end() override;
    void close_notify();
    void vanish() override;
    void stop_reading() override;
    void go_on_reading() override;
    [[nodiscard]] bool ended() const override;
    [[nodiscard]] bool was_reset() const override;
    bool turn() override;
    // A close_notify, and then the end.
    void receive_end() override;
    // This fatal alert, and then the end (or a reset, where `end` of the server met unread bytes).
    void receive_alert(tls_alert which);
    // The server has said close_notify.
    [[nodiscard]] bool closed() const;
    // Ciphertext. What is said here is not in `sent_records`.
    [[nodiscard]] raw_client& wire();

    // ---- records ----

    // Ciphertext of `plain` that is not sent: in full records, or of `each` bytes.
    std::string seal(std::string_view plain, size_t each = 16384);
    // A close_notify that is not sent.
    std::string sealed_close();
    // A record that OpenSSL would not write, of any kind, size and padding; with TLS 1.3's
    // AES_128_GCM_SHA256 or an AES128-GCM of TLS 1.2. `seal` does not work any more behind it.
    std::string forge(tls_content, std::string_view plain, size_t padding = 0);
    [[nodiscard]] const std::vector<tls_record>& records() const;       // that have come
    [[nodiscard]] const std::vector<tls_record>& sent_records() const;  // that were sealed
    // The sizes of `records()` with data.
    [[nodiscard]] std::vector<size_t> data_sizes() const;
    [[nodiscard]] const std::vector<tls_message>& messages() const;
    [[nodiscard]] size_t messages_of(uint8_t kind, bool sent = false) const;
    // The last one that has come besides close_notify.
    [[nodiscard]] std::optional<tls_alert> alert() const;
    [[nodiscard]] bool alert_was_fatal() const;

    // ---- after the handshake ----

    void update_key(bool asks_for_the_server_s);
    // The same, which is not sent.
    std::string sealed_key_update(bool asks_for_the_server_s);
    // Of TLS 1.2; what it says, which is not sent.
    std::string renegotiation();
    // Of TLS 1.3, before the handshake: its first flight with this in it.
    std::string early_flight(std::string_view plain);
    [[nodiscard]] bool early_data_accepted() const;
    // What the server has given last; null where it has given none.
    [[nodiscard]] tls_session session();
    // The same without waiting for one that may still come.
    [[nodiscard]] tls_session session_so_far() const;
    [[nodiscard]] static std::string ticket_of(const tls_session&);
    [[nodiscard]] static uint64_t lifetime_of(const tls_session&);  // seconds, as the server said
    [[nodiscard]] static uint32_t early_data_of(const tls_session&);
    static void promise_early_data(const tls_session&, uint32_t size);

    // ---- what was agreed on ----

    [[nodiscard]] std::string protocol() const;      // "TLSv1.3"
    [[nodiscard]] std::string cipher_suite() const;  // the IANA's name
    [[nodiscard]] std::string application_protocol() const;
    [[nodiscard]] std::string group() const;  // of the key exchange, in OpenSSL's words
    [[nodiscard]] bool resumed() const;
    [[nodiscard]] bool compressed() const;
    [[nodiscard]] std::string server_certificate_pem() const;
    [[nodiscard]] std::string server_subject() const;  // "CN=localhost"
    [[nodiscard]] std::string server_key() const;      // "RSA", "EC"
    [[nodiscard]] size_t server_chain_length() const;
    [[nodiscard]] std::string staple() const;  // DER of the OCSP response
    // RFC 5929's and RFC 9266's.
    [[nodiscard]] std::string end_point_binding() const;
    [[nodiscard]] std::string unique_binding() const;
    [[nodiscard]] std::string exporter_binding() const;

private:
    struct state;
    void gather() override { pump(); }
    void feed();
    void pump();
    void say(const std::string& ciphertext);

    std::unique_ptr<raw_client> wire_;
    std::unique_ptr<state> state_;
};

}  // namespace saker::test

// See tls_client.h. What has come goes from the wire into OpenSSL's memory at each turn; what it
// wants to say in answer leaves in the same turn.

#include "tests/support/tls_client.h"

#include "tests/support/tls_client_state.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>

namespace saker::test {

std::string_view name_of(tls_version version) {
    return version == tls_version::tls13   ? "tls13"
           : version == tls_version::tls12 ? "tls12"
                                           : "tls11";
}

std::string_view name_of(tls_alert which) {
    return SSL_alert_desc_string_long(static_cast<int>(which));
}

tls_client::tls_client(turns& server, std::unique_ptr<raw_client> wire,
                       const tls_client_options& chosen)
    : conversation(server), wire_(std::move(wire)), state_(std::make_unique<state>(chosen)) {}

tls_client::~tls_client() = default;

raw_client& tls_client::wire() { return *wire_; }
bool tls_client::established() const { return state_->established; }
const std::string& tls_client::failure() const { return state_->failure; }

// ---- the handshake ----

std::string tls_client::flight() {
    feed();
    if (!state_->established && state_->failure.empty()) {
        const int done = SSL_do_handshake(state_->ssl.get());
        // What is drained here was written before the keys of data are used.
        if (done == 1)
            state_->established = true;
        else
            state_->fails(done);
    }
    return state_->drain();
}

size_t tls_client::handshake_up_to(size_t most) {
    size_t said = 0;
    while (!state_->established && state_->failure.empty()) {
        const std::string next = std::exchange(state_->held, {}) + flight();
        const std::string_view part = std::string_view(next).substr(0, most - said);
        if (!part.empty()) wire_->send_raw(part);
        said += part.size();
        state_->held = next.substr(part.size());
        if (!state_->held.empty() || state_->established || said == most) return said;
        wire_->turn_until([this] { return !wire_->heard().empty() || ended() || was_reset(); });
        if (wire_->heard().empty()) return said;
    }
    return said;
}

bool tls_client::handshake() {
    if (!state_->held.empty() && state_->established)
        wire_->send_raw(std::exchange(state_->held, {}));
    handshake_up_to(SIZE_MAX);
    pump();
    return state_->established;
}

// ---- a conversation ----

void tls_client::feed() {
    const std::string came = wire_->take_heard();
    if (!came.empty()) BIO_write(state_->in, came.data(), static_cast<int>(came.size()));
}

void tls_client::pump() {
    do {
        feed();
        if (!state_->established || state_->closed || !state_->failure.empty()) return;
        char part[16384];
        for (int size; (size = SSL_read(state_->ssl.get(), part, sizeof part)) != 0;) {
            if (size < 0 && (state_->fails(size), true)) break;
            heard_.append(part, static_cast<size_t>(size));
        }
        const bool has_shut = (SSL_get_shutdown(state_->ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
        if (has_shut && !state_->alert_was_fatal) state_->closed = true;
        say(state_->drain());
    } while (!wire_->heard().empty());
}

void tls_client::say(const std::string& ciphertext) {
    const bool waits = !state_->pending.empty();
    state_->pending += ciphertext;
    if (!waits && !ciphertext.empty()) send_rest();
}

void tls_client::send_rest() {
    const std::string all = std::exchange(state_->pending, {});
    wire_->send_raw(all);
    state_->pending = all.substr(all.size() - wire_->unsent());
}

bool tls_client::turn() {
    const bool has_happened = wire_->turn();
    pump();
    return has_happened;
}

void tls_client::send_raw(std::string_view bytes) {
    if (!state_->established && !handshake()) return;
    state_->pending += seal(bytes);
    send_rest();
    pump();
}

size_t tls_client::unsent() const { return state_->pending.size(); }

std::string tls_client::sealed_close() {
    if (!state_->established) return {};
    SSL_shutdown(state_->ssl.get());
    ERR_clear_error();
    return state_->drain();
}

void tls_client::close_notify() {
    say(sealed_close());
    pump();
}

void tls_client::end() {
    close_notify();
    wire_->end();
    pump();
}

void tls_client::vanish() {
    wire_->vanish();
    heard_.clear();
}

void tls_client::stop_reading() { wire_->stop_reading(); }
void tls_client::go_on_reading() { wire_->go_on_reading(); }
// Behind all that was said before it, some of which may not have been opened yet.
bool tls_client::ended() const { return wire_->ended() && wire_->heard().empty(); }
bool tls_client::was_reset() const { return wire_->was_reset(); }
bool tls_client::closed() const { return state_->closed; }

void tls_client::receive_end() {
    conversation::receive_end();
    EXPECT_TRUE(closed()) << "it was cut off: " << failure();
}

void tls_client::receive_alert(tls_alert which) {
    if (!established() && failure().empty()) handshake();
    turn_until([this] { return ended() || was_reset(); });
    EXPECT_EQ(heard(), "");
    EXPECT_TRUE(ended() || was_reset()) << "the connection goes on";
    if (!alert()) {
        ADD_FAILURE() << "no alert but: " << failure();
        return;
    }
    EXPECT_EQ(*alert(), which) << name_of(*alert());
    EXPECT_TRUE(alert_was_fatal());
}

// ---- records ----

std::string tls_client::seal(std::string_view plain, size_t each) {
    std::string all;
    while (!plain.empty()) {
        const std::string_view part = plain.substr(0, each);
        const int size = SSL_write(state_->ssl.get(), part.data(), static_cast<int>(part.size()));
        if (size <= 0) {
            state_->fails(size);
            break;
        }
        plain.remove_prefix(static_cast<size_t>(size));
    }
    return all + state_->drain();
}

const std::vector<tls_record>& tls_client::records() const { return state_->records; }
const std::vector<tls_record>& tls_client::sent_records() const { return state_->sent_records; }
const std::vector<tls_message>& tls_client::messages() const { return state_->messages; }
std::optional<tls_alert> tls_client::alert() const { return state_->alert; }
bool tls_client::alert_was_fatal() const { return state_->alert_was_fatal; }

std::vector<size_t> tls_client::data_sizes() const {
    std::vector<size_t> sizes;
    for (const tls_record& one : state_->records)
        if (one.kind == tls_content::data) sizes.push_back(one.size);
    return sizes;
}

size_t tls_client::messages_of(uint8_t kind, bool sent) const {
    return static_cast<size_t>(std::count_if(
        state_->messages.begin(), state_->messages.end(),
        [&](const tls_message& one) { return one.kind == kind && one.sent == sent; }));
}

// ---- after the handshake ----

void tls_client::update_key(bool asks_for_the_server_s) {
    say(sealed_key_update(asks_for_the_server_s));
}

std::string tls_client::sealed_key_update(bool asks_for_the_server_s) {
    SSL_key_update(state_->ssl.get(),
                   asks_for_the_server_s ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
    state_->fails(SSL_do_handshake(state_->ssl.get()));
    return state_->drain();
}

std::string tls_client::renegotiation() {
    SSL_renegotiate(state_->ssl.get());
    state_->fails(SSL_do_handshake(state_->ssl.get()));
    return state_->drain();
}

std::string tls_client::early_flight(std::string_view plain) {
    size_t written = 0;
    EXPECT_EQ(SSL_write_early_data(state_->ssl.get(), plain.data(), plain.size(), &written), 1)
        << tls::openssl_errors();
    return state_->drain();
}

bool tls_client::early_data_accepted() const {
    return SSL_get_early_data_status(state_->ssl.get()) == SSL_EARLY_DATA_ACCEPTED;
}

tls_session tls_client::session() {
    settle();
    return state_->session;
}

tls_session tls_client::session_so_far() const { return state_->session; }

std::string tls_client::ticket_of(const tls_session& one) {
    const unsigned char* bytes = nullptr;
    size_t size = 0;
    SSL_SESSION_get0_ticket(one.get(), &bytes, &size);
    return {reinterpret_cast<const char*>(bytes), size};
}

uint64_t tls_client::lifetime_of(const tls_session& one) {
    return SSL_SESSION_get_ticket_lifetime_hint(one.get());
}

uint32_t tls_client::early_data_of(const tls_session& one) {
    return SSL_SESSION_get_max_early_data(one.get());
}

void tls_client::promise_early_data(const tls_session& one, uint32_t size) {
    SSL_SESSION_set_max_early_data(one.get(), size);
}

}  // namespace saker::test

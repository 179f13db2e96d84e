#pragma once
// What `tls_client` keeps of OpenSSL. Callbacks write down what passes; they belong to one SSL, so
// the object stays where it is.

#include "protocols/tls/openssl.h"
#include "tests/support/tls_client.h"

#include <map>
#include <string>
#include <vector>

namespace saker::test {

struct tls_client::state {
    explicit state(const tls_client_options&);
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    // What OpenSSL wants to say.
    std::string drain();
    // The result of an operation that did not succeed: false where it only waits.
    bool fails(int result);

    tls::context_ptr context;
    tls::ssl_ptr ssl;
    BIO* in = nullptr;   // the SSL's
    BIO* out = nullptr;  // the SSL's
    bool established = false;
    bool closed = false;
    std::string failure;
    std::string pending;  // ciphertext that the server did not take
    std::string held;     // of a flight that was said in part

    std::vector<tls_record> records, sent_records;
    std::vector<tls_message> messages;
    std::optional<tls_alert> alert;
    bool alert_was_fatal = false;
    tls_session session;
    std::map<std::string, std::string> secrets;  // by their names in a key log
    // Records that have been written with the keys of data, which is the next one's number.
    uint64_t sequence = 0;

private:
    void configure(const tls_client_options&);
    void start(const tls_client_options&);
    static void saw(int write, int version, int kind, const void* bytes, size_t size, SSL*,
                    void* self);
    static void saw_info(const SSL*, int where, int value);
    static void saw_secret(const SSL*, const char* line);
    static int saw_session(SSL*, SSL_SESSION*);
    static state& of(const SSL*);
};

}  // namespace saker::test

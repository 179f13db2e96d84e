// See pem.h. Each block is decoded by itself, from a text with nothing else in it: OpenSSL's
// readers of whole files skip what they do not look for, and could not say what is wrong with which
// block.

#include "protocols/tls/certificates/pem.h"

#include "core/base/log.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>

#include <cstring>

namespace saker::tls {
namespace {

// What OpenSSL calls when a key is encrypted; without one it would ask on the terminal.
int give_password(char* to, int size, int, void* from) noexcept {
    const auto& password = *static_cast<const std::string*>(from);
    if (password.size() > static_cast<size_t>(size)) return -1;
    std::memcpy(to, password.data(), password.size());
    return static_cast<int>(password.size());
}

struct block {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* bytes = nullptr;
    long size = 0;

    block() = default;
    ~block() {
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(bytes, static_cast<size_t>(size));
    }
    block(const block&) = delete;
    block& operator=(const block&) = delete;
};

bool is_certificate(std::string_view name) noexcept {
    return name == PEM_STRING_X509 || name == PEM_STRING_X509_OLD ||
           name == PEM_STRING_X509_TRUSTED;
}

// "OPENSSH PRIVATE KEY" is none that OpenSSL reads.
bool is_key(std::string_view name) noexcept {
    return name.ends_with("PRIVATE KEY") && !name.starts_with("OPENSSH");
}

std::string other_kind(std::string_view name) {
    if (name == PEM_STRING_X509_REQ || name == PEM_STRING_X509_REQ_OLD)
        return "a certificate request (CSR), which an authority answers with the certificate";
    if (name == PEM_STRING_PUBLIC) return "a public key";
    if (name.starts_with("OPENSSH"))
        return "a key in the form of OpenSSH (`ssh-keygen -p -m PKCS8 -f` turns it into PEM)";
    if (name == PEM_STRING_X509_CRL) return "a list of revoked certificates (CRL)";
    if (name == PEM_STRING_PKCS7 || name == PEM_STRING_CMS)
        return "PKCS #7 (`openssl pkcs7 -print_certs` turns it into PEM)";
    return '"' + escape(name) + '"';
}

// The lines of one block, as they were.
bio_ptr alone(const block& one) {
    bio_ptr text(BIO_new(BIO_s_secmem()));
    if (text && PEM_write_bio(text.get(), one.name, one.header, one.bytes, one.size) <= 0)
        text.reset();
    return text;
}

void read_certificate(const block& one, const std::string& where, pem_content& into) {
    const bio_ptr text = alone(one);
    x509_ptr made(text ? PEM_read_bio_X509_AUX(text.get(), nullptr, nullptr, nullptr) : nullptr);
    if (made) {
        into.certificates.push_back(std::move(made));
        return;
    }
    into.mistakes.push_back("The certificate number " +
                            std::to_string(into.certificates.size() + 1) + " in " + where +
                            " is damaged: " + openssl_errors() + '.');
}

void read_key(const block& one, const std::string& password, const std::string& where,
              pem_content& into) {
    const bool encrypted = std::string_view(one.name) == PEM_STRING_PKCS8 ||
                           std::string_view(one.header).find("ENCRYPTED") != std::string_view::npos;
    const bio_ptr text = alone(one);
    into.key.reset(text ? PEM_read_bio_PrivateKey(text.get(), nullptr, give_password,
                                                  const_cast<std::string*>(&password))
                        : nullptr);
    if (into.key) return;
    const bool is_old = algorithm_is_missing();
    const std::string reasons = openssl_errors();
    const std::string key = "The private key in " + where;
    if (!encrypted)
        into.key_mistake = key + " is damaged: " + reasons + '.';
    else if (password.empty())
        into.key_mistake = key + " is encrypted, and there is no password for it: give it one.";
    else if (is_old)
        into.key_mistake = key + " is encrypted in a way that OpenSSL 3 has given up (" + reasons +
                           "): `openssl pkcs8 -topk8 -provider legacy -provider default` encrypts "
                           "it anew.";
    else
        into.key_mistake = key + " cannot be decrypted: the password is wrong.";
}

}  // namespace

bool is_pem(std::string_view bytes) noexcept {
    return bytes.find("-----BEGIN ") != std::string_view::npos;
}

pem_content read_pem(std::string_view text, const std::string& password, const std::string& where) {
    pem_content found;
    const bio_ptr from = reading(text);
    ERR_clear_error();
    while (from) {
        block one;
        if (PEM_read_bio(from.get(), &one.name, &one.header, &one.bytes, &one.size) != 1) break;
        const std::string_view name = one.name;
        if (is_certificate(name))
            read_certificate(one, where, found);
        else if (is_key(name) && !found.key && found.key_mistake.empty())
            read_key(one, password, where, found);
        else if (!is_key(name) && found.other.empty() && name != PEM_STRING_ECPARAMETERS)
            found.other = other_kind(name);
    }
    const unsigned long why = ERR_peek_last_error();
    // That there is no other block is how a text ends.
    if (ERR_GET_LIB(why) == ERR_LIB_PEM && ERR_GET_REASON(why) == PEM_R_NO_START_LINE)
        ERR_clear_error();
    else
        found.mistakes.push_back(where + " is damaged: " + openssl_errors() + '.');
    return found;
}

std::string what_is(std::string_view bytes, const std::string& path) {
    const auto parses = [bytes](auto d2i, auto free) {
        const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
        auto* const parsed = d2i(nullptr, &at, static_cast<long>(bytes.size()));
        free(parsed);
        ERR_clear_error();
        return parsed != nullptr;
    };
    if (parses(d2i_X509, X509_free))
        return "holds a certificate in DER: `openssl x509 -inform DER -in " + path +
               "` turns it into PEM.";
    if (parses(d2i_PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free) ||
        parses(d2i_X509_SIG, X509_SIG_free) || parses(d2i_AutoPrivateKey, EVP_PKEY_free))
        return "holds a private key in DER: `openssl pkey -inform DER -in " + path +
               "` turns it into PEM.";
    if (parses(d2i_X509_REQ, X509_REQ_free))
        return "is a certificate request (CSR), which an authority answers with the certificate.";
    if (parses(d2i_PKCS7, PKCS7_free))
        return "is PKCS #7, which has no private key: `openssl pkcs7 -inform DER -print_certs "
               "-in " +
               path + "` turns it into PEM.";
    if (bytes.starts_with("\xfe\xed\xfe\xed"))
        return "is a key store of Java: `keytool -importkeystore -deststoretype pkcs12` turns it "
               "into PFX.";
    if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff"))
        return "is a text in UTF-16: save it as ASCII.";
    return "is neither PEM nor PFX.";
}

}  // namespace saker::tls

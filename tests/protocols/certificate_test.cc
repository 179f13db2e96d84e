// Certificates are read, whatever they come in, and refused with all that is wrong with them, in
// sentences that name the file and the remedy.

#include "protocols/tls/certificates/pfx.h"
#include "protocols/tls/loaded_certificate.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tls_certificates.h"

#include <saker/certificate.h>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace saker::tests {
namespace {

using namespace std::chrono_literals;
using test::issued_certificate;
using test::temporary_folder;
using test::test_ca;

const test_ca& root() {
    static const test_ca made;
    return made;
}

const test_ca& intermediate() {
    static const test_ca made = root().intermediate();
    return made;
}

std::string subject_of(const tls::x509_ptr& one) { return tls::facts_of(one.get()).subject; }

// What is wrong; a failure where nothing is.
std::string mistakes(const result<server_certificate>& loaded) {
    EXPECT_EQ(ERR_peek_error(), 0u) << "something was left in OpenSSL's queue";
    return loaded ? "(loaded)" : loaded.error().text();
}

std::string mistakes(const certificate_source& from) {
    return mistakes(server_certificate::load(from));
}

server_certificate loaded(const certificate_source& from) {
    auto made = server_certificate::load(from);
    EXPECT_TRUE(made) << (made ? "" : made.error().text());
    EXPECT_EQ(ERR_peek_error(), 0u) << "something was left in OpenSSL's queue";
    return made ? *made : server_certificate();
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string der_of(const std::string& pem) {
    const tls::bio_ptr from = tls::reading(pem);
    char *name = nullptr, *header = nullptr;
    unsigned char* bytes = nullptr;
    long size = 0;
    EXPECT_EQ(PEM_read_bio(from.get(), &name, &header, &bytes, &size), 1);
    std::string der(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(bytes);
    return der;
}

#define EXPECT_CONTAINS(text, part) EXPECT_TRUE(contains((text), (part))) << (text)

TEST(certificate, each_kind_of_key_is_read_from_pem) {
    const struct {
        const char *kind, *shown;
        tls::key_kind is;
    } rows[] = {
        {"rsa", "RSA 2048", tls::key_kind::rsa},
        {"ecdsa", "ECDSA P-256", tls::key_kind::ecdsa},
        {"ec:secp384r1", "ECDSA P-384", tls::key_kind::ecdsa},
        {"ec:secp224r1", "ECDSA P-224", tls::key_kind::ecdsa},
        {"ed25519", "Ed25519", tls::key_kind::eddsa},
        {"ed448", "Ed448", tls::key_kind::eddsa},
    };
    for (const auto& row : rows) {
        const issued_certificate issued = root().issue({.key = row.kind});
        const auto made = server_certificate::from_pem(issued.certificate_pem, issued.key_pem);
        ASSERT_TRUE(made) << row.kind << ": " << made.error().text();
        EXPECT_EQ(made->facts().key, row.shown);
        EXPECT_EQ(tls::kind_of(made->loaded()->key.get()), row.is);
        EXPECT_EQ(EVP_PKEY_eq(made->loaded()->key.get(), issued.key.get()), 1);
    }
    EXPECT_EQ(tls::kind_of(nullptr), tls::key_kind::unknown);
}

TEST(certificate, its_facts_are_what_it_says) {
    const issued_certificate issued = intermediate().issue(
        {.names = {"example.com", "*.example.com", "127.0.0.1", "::1"}, .begins = 0s, .ends = 1h});
    const auto made = server_certificate::from_pem(issued.certificate_pem, issued.key_pem);
    ASSERT_TRUE(made);
    const certificate_facts& facts = made->facts();
    EXPECT_EQ(facts.subject, "CN=example.com");
    EXPECT_EQ(facts.issuer, "CN=Saker test intermediate");
    EXPECT_EQ(facts.serial, issued.serial);
    EXPECT_EQ(facts.thumbprint.size(), 64u);
    EXPECT_EQ(facts.thumbprint.find_first_not_of("0123456789ABCDEF"), std::string::npos);
    EXPECT_EQ(facts.dns_names,
              (std::vector<std::string>{"example.com", "*.example.com", "127.0.0.1", "::1"}));
    EXPECT_EQ(facts.not_after - facts.not_before, 1h);
    EXPECT_LT(std::chrono::system_clock::now() - facts.not_before, 1min);
    EXPECT_EQ(tls::pem_of(issued.certificate.get()), issued.certificate_pem);
}

TEST(certificate, a_subject_is_utf8_that_does_no_harm) {
    const struct {
        std::string name, shown;
    } rows[] = {
        {"B\xc3\xbcro \xe6\x9d\xb1\xe4\xba\xac", "CN=B\xc3\xbcro \xe6\x9d\xb1\xe4\xba\xac"},
        {"a\r\nb", "CN=a\\0D\\0Ab"},
        {"a,b=c", "CN=a\\,b=c"},
        {"a\x1b[31m", "CN=a\\1B[31m"},
        {"a\xc2\x9b", "CN=a\\C2\\9B"},  // a control character beyond ASCII
        {"a\xe2\x80\xae"
         "b",
         "CN=a\\E2\\80\\AEb"},  // turns the writing around
    };
    for (const auto& row : rows) {
        const issued_certificate issued = root().issue({.common_name = row.name});
        EXPECT_EQ(tls::facts_of(issued.certificate.get()).subject, row.shown);
    }
    const issued_certificate odd = root().issue({.names = {"a\nb"}});
    EXPECT_EQ(tls::facts_of(odd.certificate.get()).dns_names.front(), "a\\x0ab");
}

TEST(certificate, a_chain_is_sent_in_order_and_without_its_root) {
    const test_ca lower = intermediate().intermediate("Saker test lower");
    const issued_certificate issued = lower.issue();
    const std::string middle = intermediate().pem(), low = lower.pem();
    for (const std::string& chain : {low + middle, middle + low, root().pem() + middle + low,
                                     issued.certificate_pem + low + low + middle}) {
        const auto made =
            server_certificate::from_pem(issued.certificate_pem + chain, issued.key_pem);
        ASSERT_TRUE(made) << made.error().text();
        ASSERT_EQ(made->loaded()->chain.size(), 2u);
        EXPECT_EQ(subject_of(made->loaded()->chain[0]), "CN=Saker test lower");
        EXPECT_EQ(subject_of(made->loaded()->chain[1]), "CN=Saker test intermediate");
        EXPECT_TRUE(made->loaded()->warnings.empty());
    }
}

TEST(certificate, what_does_not_belong_to_the_chain_is_warned_of) {
    const test_ca stranger = root().intermediate("Stranger");
    const issued_certificate issued = intermediate().issue();
    const auto made = server_certificate::from_pem(
        issued.certificate_pem + stranger.pem() + issued.chain_pem, issued.key_pem);
    ASSERT_TRUE(made);
    ASSERT_EQ(made->loaded()->chain.size(), 2u);
    EXPECT_EQ(subject_of(made->loaded()->chain[1]), "CN=Stranger");
    EXPECT_EQ(
        made->loaded()->warnings,
        std::vector<std::string>{"In the PEM text is a certificate that does not belong to the "
                                 "chain: CN=Stranger."});
}

TEST(certificate, one_that_signed_itself_is_served) {
    const issued_certificate own = test_ca::self_signed();
    const auto made = server_certificate::from_pem(own.certificate_pem, own.key_pem);
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_TRUE(made->loaded()->chain.empty());
}

TEST(certificate, one_that_has_expired_is_loaded_and_says_so) {
    const issued_certificate old = root().issue({.begins = -48h, .ends = -24h});
    const auto made = server_certificate::from_pem(old.certificate_pem, old.key_pem);
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_LT(made->facts().not_after, std::chrono::system_clock::now());
    const issued_certificate early = root().issue({.begins = 24h});
    EXPECT_TRUE(server_certificate::from_pem(early.certificate_pem, early.key_pem));
}

TEST(certificate, keys_may_be_encrypted_in_both_ways) {
    for (const char* const kind : {"rsa", "ecdsa"}) {
        const issued_certificate issued = root().issue({.key = kind});
        for (const std::string& key :
             {issued.encrypted_key_pem("geheim"), issued.traditional_key_pem("geheim"),
              issued.traditional_key_pem()}) {
            const auto made = server_certificate::from_pem(issued.certificate_pem, key, "geheim");
            EXPECT_TRUE(made) << made.error().text();
        }
    }
}

// Would stop here, were anybody asked on the terminal.
TEST(certificate, an_encrypted_key_wants_its_password) {
    const issued_certificate issued = root().issue();
    for (const std::string& key :
         {issued.encrypted_key_pem("geheim"), issued.traditional_key_pem("geheim")}) {
        EXPECT_EQ(mistakes(server_certificate::from_pem(issued.certificate_pem, key)),
                  "The provided key file is missing or invalid. The private key in the key's PEM "
                  "text is encrypted, and there is no password for it: give it one.");
        EXPECT_EQ(mistakes(server_certificate::from_pem(issued.certificate_pem, key, "falsch")),
                  "The provided key file is missing or invalid. The private key in the key's PEM "
                  "text cannot be decrypted: the password is wrong.");
        EXPECT_CONTAINS(mistakes(server_certificate::from_pem(issued.certificate_pem, key,
                                                              std::string(5000, 'x'))),
                        "cannot be decrypted");
    }
}

TEST(certificate, files_are_read_whatever_they_are_called) {
    const temporary_folder folder;
    const issued_certificate issued = intermediate().issue();
    const std::string all =
        folder.write("all.pfx", issued.key_pem + issued.certificate_pem + issued.chain_pem);
    const std::string certificate = folder.write("certificate.txt", issued.certificate_pem);
    const std::string key = folder.write("key", issued.key_pem);
    const std::string pfx = folder.write("sealed.pem", issued.pfx("geheim"));
    EXPECT_EQ(loaded({.path = all}).loaded()->chain.size(), 1u);
    EXPECT_TRUE(loaded({.path = certificate, .key_path = key}));
    EXPECT_TRUE(loaded({.path = all, .key_path = key}));
    const server_certificate sealed = loaded({.path = pfx, .password = "geheim"});
    ASSERT_TRUE(sealed);
    EXPECT_EQ(sealed.facts().serial, issued.serial);
    EXPECT_EQ(sealed.loaded()->chain.size(), 1u);
}

TEST(certificate, a_key_in_the_certificates_file_does_not_matter_where_there_is_another) {
    const temporary_folder folder;
    const issued_certificate issued = root().issue();
    const std::string all = folder.write(
        "all.pem", issued.certificate_pem + root().issue().encrypted_key_pem("unknown"));
    const std::string key = folder.write("key.pem", issued.key_pem);
    EXPECT_TRUE(loaded({.path = all, .key_path = key}));
}

TEST(certificate, a_pfx_has_its_chain_in_any_order) {
    const temporary_folder folder;
    const test_ca lower = intermediate().intermediate("Saker test lower");
    issued_certificate issued = lower.issue({.key = "rsa"});
    std::swap(issued.chain.front(), issued.chain.back());
    for (const std::string password : {"geheim", ""}) {
        const auto made =
            loaded({.path = folder.write("a", issued.pfx(password)), .password = password});
        ASSERT_TRUE(made);
        ASSERT_EQ(made.loaded()->chain.size(), 2u);
        EXPECT_EQ(subject_of(made.loaded()->chain[0]), "CN=Saker test lower");
    }
}

TEST(certificate, an_old_pfx_is_read_by_the_provider_of_old_algorithms) {
    const temporary_folder folder;
    const issued_certificate issued = intermediate().issue({.key = "rsa"});
    const std::string bytes = issued.pfx("geheim", true);
    const server_certificate made =
        loaded({.path = folder.write("a.pfx", bytes), .password = "geheim"});
    ASSERT_TRUE(made);
    EXPECT_EQ(made.loaded()->chain.size(), 1u);
    EXPECT_EQ(EVP_PKEY_eq(made.loaded()->key.get(), issued.key.get()), 1);

    std::vector<std::string> wrong;
    const tls::pfx_content none =
        tls::read_pfx(bytes, "geheim", "'a.pfx'", wrong, "no_such_provider");
    EXPECT_FALSE(none.leaf);
    ASSERT_EQ(wrong.size(), 1u);
    EXPECT_CONTAINS(wrong.front(), "'a.pfx' is encrypted in a way that OpenSSL 3 has given up");
    EXPECT_CONTAINS(wrong.front(), "openssl pkcs12 -legacy");
    ERR_clear_error();
}

TEST(certificate, what_is_wrong_with_a_pfx_is_said) {
    const temporary_folder folder;
    const issued_certificate issued = root().issue();
    const std::string path = folder.write("a.pfx", issued.pfx("geheim"));
    EXPECT_EQ(mistakes({.path = path}), '\'' + path + "' is sealed by a password: give it one.");
    EXPECT_EQ(mistakes({.path = path, .password = "falsch"}),
              "The password of '" + path + "' is wrong.");
    EXPECT_CONTAINS(mistakes({.path = path, .key_path = path, .password = "geheim"}),
                    "' is a PFX, which has its key in it: leave the key '");
    issued_certificate without;
    without.certificate = tls::again(issued.certificate);
    EXPECT_CONTAINS(mistakes({.path = folder.write("b.pfx", without.pfx("x")), .password = "x"}),
                    "holds no private key: export the certificate again, with its private key.");
    without.certificate.reset();
    EVP_PKEY_up_ref(issued.key.get());
    without.key.reset(issued.key.get());
    EXPECT_CONTAINS(mistakes({.path = folder.write("c.pfx", without.pfx("x")), .password = "x"}),
                    "holds no certificate that belongs to its private key.");
    std::string cut = issued.pfx("geheim");
    cut.resize(cut.size() / 2);
    EXPECT_CONTAINS(mistakes({.path = folder.write("d.pfx", cut), .password = "geheim"}),
                    "is neither PEM nor PFX.");
}

TEST(certificate, a_file_that_cannot_be_read_is_named) {
    const temporary_folder folder;
    const issued_certificate issued = root().issue();
    const std::string good = folder.write("good.pem", issued.certificate_pem);
    const std::string nothing = folder / "nothing.pem";
    EXPECT_EQ(mistakes({.path = nothing}),
              "The certificate file '" + nothing + "' does not exist.");
    EXPECT_EQ(mistakes({.path = good, .key_path = nothing}),
              "The provided key file is missing or invalid. '" + nothing + "' does not exist.");
    EXPECT_EQ(mistakes({.path = nothing, .key_path = nothing + '2'}),
              "The certificate file '" + nothing +
                  "' does not exist.\nThe provided key file is missing or invalid. '" + nothing +
                  "2' does not exist.");
    EXPECT_CONTAINS(mistakes({.path = good + "/x"}), "does not exist.");
    EXPECT_CONTAINS(mistakes({.path = std::string("a\0b", 3)}), "'a\\x00b' does not exist.");
    EXPECT_CONTAINS(mistakes({.path = folder.path()}), "is a folder: the path is that of a file.");
    EXPECT_CONTAINS(mistakes({.path = folder.write("e", "")}), "' is empty.");
    EXPECT_CONTAINS(mistakes({.path = std::string(5000, 'x')}), "cannot be read: ");
    EXPECT_CONTAINS(mistakes({.path = folder.write("big", std::string(1024 * 1024 + 1, 'x'))}),
                    "has more than 1 MiB: that is no certificate.");
    EXPECT_CONTAINS(mistakes(certificate_source{}), "has no file (Path) and no name");
    EXPECT_CONTAINS(mistakes({.path = good, .subject = "localhost"}), "not in both");
}

TEST(certificate, a_file_without_permission_says_whose_it_is_to_give) {
    if (geteuid() == 0) GTEST_SKIP() << "the super-user reads everything";
    const temporary_folder folder;
    const std::string path = folder.write("a.pem", root().issue().certificate_pem);
    std::filesystem::permissions(path, std::filesystem::perms::none);
    EXPECT_CONTAINS(mistakes({.path = path}),
                    "may not be read by the user that this process runs as");
}

TEST(certificate, a_file_that_is_something_else_is_told_what_it_is) {
    const temporary_folder folder;
    const issued_certificate issued = root().issue({.key = "rsa"});
    const std::string key_der = der_of(issued.key_pem);
    const struct {
        std::string content, said;
    } rows[] = {
        {issued.der(), "holds a certificate in DER: `openssl x509 -inform DER -in "},
        {key_der, "holds a private key in DER: `openssl pkey -inform DER -in "},
        {der_of(issued.traditional_key_pem()), "holds a private key in DER"},
        {der_of(issued.encrypted_key_pem("x")), "holds a private key in DER"},
        {der_of(test::certificate_request_pem()), "is a certificate request (CSR)"},
        {"\xfe\xed\xfe\xed 1234", "is a key store of Java"},
        {std::string("\xff\xfe-\0-\0-\0", 8), "is a text in UTF-16: save it as ASCII."},
        {"hello", "is neither PEM nor PFX."},
        {"0", "is neither PEM nor PFX."},
        {"\x30\x82\x01\x02 nonsense", "is neither PEM nor PFX."},
        {test::certificate_request_pem(), "holds no certificate, but a certificate request (CSR)"},
        {root().crl({}), "holds no certificate, but a list of revoked certificates (CRL)."},
        {issued.key_pem, "holds no certificate, but a private key: "},
        {issued.encrypted_key_pem("x"), "holds no certificate, but a private key: "},
        {"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
         "holds no certificate, but a key in the form of OpenSSH"},
        {"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n", "holds no certificate, but PKCS #7"},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
         "holds no certificate, but a public key."},
        {"-----BEGIN LETTER-----\nAAAA\n-----END LETTER-----\n",
         "holds no certificate, but \"LETTER\"."},
        {"-----BEGIN EC PARAMETERS-----\nAAAA\n-----END EC PARAMETERS-----\n",
         "holds no certificate: the certificate is PEM or PFX"},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
         "The certificate number 1 in '"},
        {issued.certificate_pem + issued.certificate_pem.substr(0, 200) + "!!\n", "' is damaged: "},
    };
    for (const auto& row : rows) {
        const std::string path = folder.write("a", row.content);
        EXPECT_CONTAINS(mistakes({.path = path}), row.said);
    }
}

TEST(certificate, a_key_file_that_is_something_else_is_told_what_it_is) {
    const temporary_folder folder;
    const issued_certificate issued = root().issue();
    const std::string certificate = folder.write("certificate", issued.certificate_pem);
    const struct {
        std::string content, said;
    } rows[] = {
        {issued.certificate_pem, "holds no private key, but a certificate."},
        {test::certificate_request_pem(), "holds no private key, but a certificate request"},
        {der_of(issued.key_pem), "holds a private key in DER: `openssl pkey"},
        {issued.pfx("x"), "is a PFX, which has certificate and key"},
        {"", "is empty."},
        {"hello", "is neither PEM nor PFX."},
        {"-----BEGIN EC PARAMETERS-----\nAAAA\n-----END EC PARAMETERS-----\n",
         "holds no private key."},
        {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is damaged: "},
        {"-----BEGIN PRIVATE KEY-----\nA!AA\n", "is damaged: "},
    };
    for (const auto& row : rows) {
        const std::string said =
            mistakes({.path = certificate, .key_path = folder.write("key", row.content)});
        EXPECT_CONTAINS(said, row.said);
        EXPECT_TRUE(said.starts_with("The provided key file is missing or invalid. ")) << said;
    }
    EXPECT_EQ(
        mistakes({.path = certificate}),
        '\'' + certificate +
            "' holds a certificate, but no private key: put the key's PEM into the same file, "
            "or give the file that it is in (KeyPath).");
}

TEST(certificate, parameters_before_a_key_are_no_obstacle) {
    const issued_certificate issued = root().issue();
    const std::string parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    EXPECT_TRUE(server_certificate::from_pem(issued.certificate_pem,
                                             parameters + issued.traditional_key_pem()));
}

TEST(certificate, a_key_of_another_certificate_is_refused) {
    const temporary_folder folder;
    const issued_certificate issued = root().issue(), other = root().issue({.key = "rsa"});
    const std::string path = folder.write("a.pem", issued.certificate_pem);
    const std::string key = folder.write("b.pem", other.key_pem);
    EXPECT_EQ(mistakes({.path = path, .key_path = key}),
              "Error getting private key from '" + key + "'. It is not the key of '" + path +
                  "' (CN=localhost): give the key that the certificate was requested with.");
    EXPECT_CONTAINS(mistakes(server_certificate::from_pem(
                        issued.certificate_pem + other.certificate_pem, other.key_pem)),
                    "of the first certificate in the PEM text, but of number 2: the server's own "
                    "comes first");
}

TEST(certificate, one_that_is_not_for_servers_is_refused) {
    const issued_certificate client = root().issue({.client = true});
    const std::string thumbprint = tls::facts_of(client.certificate.get()).thumbprint;
    EXPECT_EQ(mistakes(server_certificate::from_pem(client.certificate_pem, client.key_pem)),
              "Certificate " + thumbprint +
                  " cannot be used as an SSL server certificate. It has an Extended Key Usage "
                  "extension but the usages do not include Server Authentication (OID "
                  "1.3.6.1.5.5.7.3.1).");
    const issued_certificate any = root().issue({.without_usage = true});
    EXPECT_TRUE(server_certificate::from_pem(any.certificate_pem, any.key_pem));
}

TEST(certificate, weak_keys_are_refused) {
    const struct {
        const char *key, *said;
    } rows[] = {
        {"rsa:1024", "The RSA key of the PEM text has 1024 bits, and at least 2048 are needed"},
        {"ec:prime192v1",
         "The curve of the key of the PEM text (ECDSA P-192) has 192 bits, and at"},
        {"ec:explicit", "writes its curve out instead of naming it"},
        {"dsa", "Unknown algorithm for certificate with public key type '1.2.840.10040.4.1'."},
    };
    for (const auto& row : rows) {
        const issued_certificate weak = root().issue({.key = row.key});
        EXPECT_CONTAINS(mistakes(server_certificate::from_pem(weak.certificate_pem, weak.key_pem)),
                        row.said);
    }
}

TEST(certificate, what_the_security_level_forbids_is_told) {
    const issued_certificate old = root().issue({.digest = "sha1"});
    const std::string said =
        mistakes(server_certificate::from_pem(old.certificate_pem, old.key_pem));
    if (said == "(loaded)") GTEST_SKIP() << "this OpenSSL has a low security level";
    EXPECT_CONTAINS(said, "OpenSSL does not serve the PEM text at its security level ");
    EXPECT_CONTAINS(said, "It is signed with sha1: have it issued anew, with SHA-256.");
}

TEST(certificate, all_that_is_wrong_is_said_at_once) {
    const issued_certificate bad = root().issue({.key = "rsa:1024", .client = true});
    const auto made = server_certificate::from_pem(bad.certificate_pem, root().issue().key_pem);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().messages.size(), 3u) << made.error().text();
}

// ---- OCSP ----

class certificate_ocsp : public testing::Test {
protected:
    certificate_source with(std::string_view response) const {
        return {.path = path_, .ocsp_path = folder_.write("response", response)};
    }
    std::string response_path() const { return folder_ / "response"; }
    std::vector<std::string> warnings(std::string_view response) const {
        const server_certificate made = loaded(with(response));
        if (!made) return {};
        EXPECT_TRUE(made.loaded()->ocsp_response.empty());
        return made.loaded()->warnings;
    }

    const issued_certificate issued_ = intermediate().issue();
    const temporary_folder folder_;
    const std::string path_ =
        folder_.write("a.pem", issued_.certificate_pem + issued_.chain_pem + issued_.key_pem);
};

TEST_F(certificate_ocsp, a_response_is_kept_for_stapling) {
    for (const bool sha256 : {false, true}) {
        const std::string response = intermediate().ocsp_response(issued_, {.sha256 = sha256});
        const server_certificate made = loaded(with(response));
        ASSERT_TRUE(made);
        EXPECT_EQ(made.loaded()->ocsp_response, response);
        EXPECT_TRUE(made.loaded()->warnings.empty());
    }
}

TEST_F(certificate_ocsp, it_may_be_signed_by_a_root_that_is_in_the_file) {
    const issued_certificate direct = root().issue();
    const std::string response = folder_.write("r", root().ocsp_response(direct));
    for (const std::string& above : {root().pem(), std::string()}) {
        const std::string path =
            folder_.write("b.pem", direct.certificate_pem + above + direct.key_pem);
        EXPECT_FALSE(loaded({.path = path, .ocsp_path = response}).loaded()->ocsp_response.empty());
    }
}

TEST_F(certificate_ocsp, what_is_no_answer_is_a_mistake) {
    const issued_certificate other = intermediate().issue();
    const std::string mistake_of_other = mistakes(with(intermediate().ocsp_response(other)));
    EXPECT_EQ(mistake_of_other, '\'' + response_path() +
                                    "' does not speak of this certificate, but of another: ask its "
                                    "responder for one about it.");
    // The same number, by another authority.
    EXPECT_CONTAINS(mistakes(with(root().ocsp_response(issued_))), "but of another");
    EXPECT_CONTAINS(mistakes(with("hello")), "is no OCSP response in DER: `openssl ocsp -respout`");
    EXPECT_CONTAINS(mistakes(with("")), "The OCSP response '" + response_path() + "' is empty.");
    EXPECT_CONTAINS(mistakes(with(intermediate().ocsp_response(
                        issued_, {.response_status = OCSP_RESPONSE_STATUS_TRYLATER}))),
                    "is a refusal of the OCSP responder (trylater): ask it again.");
    std::string forged = intermediate().ocsp_response(issued_);
    EXPECT_EQ(forged.find("\x30\x82"), 0u);
    const size_t name = forged.find("Saker test intermediate");
    ASSERT_NE(name, std::string::npos);
    forged[name] = 's';
    EXPECT_CONTAINS(mistakes(with(forged)), "is not signed by the issuer of the certificate: ");
}

TEST_F(certificate_ocsp, what_no_client_would_take_is_a_warning) {
    const auto said = [&](const test::ocsp_wish& wish) {
        const auto all = warnings(intermediate().ocsp_response(issued_, wish));
        return all.size() == 1 ? all.front() : std::to_string(all.size()) + " warnings";
    };
    EXPECT_CONTAINS(said({.this_update = -48h, .next_update = -24h}),
                    "' is not stapled: status expired.");
    EXPECT_CONTAINS(said({.this_update = 24h}), "' is not stapled: status not yet valid.");
    EXPECT_CONTAINS(said({.status = V_OCSP_CERTSTATUS_REVOKED}),
                    "' says that the certificate is revoked: it is not stapled.");
    EXPECT_CONTAINS(said({.status = V_OCSP_CERTSTATUS_UNKNOWN}), "certificate is unknown");
}

}  // namespace
}  // namespace saker::tests

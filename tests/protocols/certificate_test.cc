// Certificates are read, whatever they come in: PEM and PFX of each kind of key, with their chains
// in the order that they are sent in.

#include "protocols/tls/certificates/pfx.h"
#include "tests/protocols/certificate_fixture.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <string>

namespace saker::tests {
namespace {

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

TEST(certificate, parameters_before_a_key_are_no_obstacle) {
    const issued_certificate issued = root().issue();
    const std::string parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    EXPECT_TRUE(server_certificate::from_pem(issued.certificate_pem,
                                             parameters + issued.traditional_key_pem()));
}

}  // namespace
}  // namespace saker::tests

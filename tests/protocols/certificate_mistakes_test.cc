// Certificates are refused with all that is wrong with them, in sentences that name the file and
// the remedy; in Kestrel's words where it has them.

#include "tests/protocols/certificate_fixture.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <unistd.h>

#include <filesystem>
#include <string>

namespace saker::tests {
namespace {

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

// Would stop here, were anybody asked on the terminal.
TEST(certificate_mistakes, an_encrypted_key_wants_its_password) {
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

TEST(certificate_mistakes, a_key_that_is_encrypted_in_an_old_way_says_how_to_encrypt_it_anew) {
    const std::string old =
        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
        "DEK-Info: DES-CBC,DA7B993B1477DBC0\n\nAAAAAAAAAAA=\n-----END EC PRIVATE KEY-----\n";
    const issued_certificate issued = root().issue();
    const std::string said =
        mistakes(server_certificate::from_pem(issued.certificate_pem, old, "geheim"));
    EXPECT_CONTAINS(said, "is encrypted in a way that OpenSSL 3 has given up (");
    EXPECT_CONTAINS(said, "`openssl pkcs8 -topk8 -provider legacy -provider default`");
}

TEST(certificate_mistakes, what_is_wrong_with_a_pfx_is_said) {
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

TEST(certificate_mistakes, a_file_that_cannot_be_read_is_named) {
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
                    "has more than 1 MiB: that is no certificate, and no key.");
    EXPECT_CONTAINS(mistakes(certificate_source{}), "has no file (Path) and no name");
    EXPECT_CONTAINS(mistakes({.path = good, .subject = "localhost"}), "not in both");
}

TEST(certificate_mistakes, a_file_without_permission_says_whose_it_is_to_give) {
    if (geteuid() == 0) GTEST_SKIP() << "the super-user reads everything";
    const temporary_folder folder;
    const std::string path = folder.write("a.pem", root().issue().certificate_pem);
    std::filesystem::permissions(path, std::filesystem::perms::none);
    EXPECT_CONTAINS(mistakes({.path = path}),
                    "may not be read by the user that this process runs as");
}

TEST(certificate_mistakes, a_file_that_is_something_else_is_told_what_it_is) {
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

TEST(certificate_mistakes, a_key_file_that_is_something_else_is_told_what_it_is) {
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

TEST(certificate_mistakes, a_key_of_another_certificate_is_refused) {
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

TEST(certificate_mistakes, one_that_is_not_for_servers_is_refused) {
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

TEST(certificate_mistakes, weak_keys_are_refused) {
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

TEST(certificate_mistakes, what_the_security_level_forbids_is_told) {
    const issued_certificate old = root().issue({.digest = "sha1"});
    const std::string said =
        mistakes(server_certificate::from_pem(old.certificate_pem, old.key_pem));
    if (said == "(loaded)") GTEST_SKIP() << "this OpenSSL has a low security level";
    EXPECT_CONTAINS(said, "OpenSSL does not serve the PEM text at its security level ");
    EXPECT_CONTAINS(said, "It is signed with sha1: have it issued anew, with SHA-256.");
}

TEST(certificate_mistakes, all_that_is_wrong_is_said_at_once) {
    const issued_certificate bad = root().issue({.key = "rsa:1024", .client = true});
    const auto made = server_certificate::from_pem(bad.certificate_pem, root().issue().key_pem);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().messages.size(), 3u) << made.error().text();
}

}  // namespace
}  // namespace saker::tests

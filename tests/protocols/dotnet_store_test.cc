// .NET's store on Linux: a folder of PFX files in the user's home, of which the one is found that
// Kestrel would find; and a miss says why.

#include "protocols/tls/certificates/dotnet_store.h"

#include "tests/protocols/certificate_fixture.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace saker::tests {
namespace {

constexpr std::string_view missing = "The requested certificate localhost could not be found in ";

class dotnet_store : public testing::Test {
protected:
    // Into the store My, with what is in the wish.
    issued_certificate put(const std::string& name, const test::certificate_wish& wish) const {
        issued_certificate issued = root().issue(wish);
        folder_.write("my/" + name, issued.pfx(""));
        return issued;
    }
    result<tls::loaded_certificate> find(const certificate_source& from) const {
        const auto now = std::chrono::system_clock::now();
        return tls::find_in_dotnet_store(from, folder_.path(),
                                         std::chrono::floor<std::chrono::seconds>(now));
    }
    std::string found(const certificate_source& from) const {
        const auto made = find(from);
        return made ? made->facts.serial : made.error().text();
    }

    const temporary_folder folder_;
};

TEST_F(dotnet_store, a_certificate_is_found_by_a_part_of_its_subject) {
    const issued_certificate one = put("1.pfx", {.common_name = "One, Example"});
    const issued_certificate two = put("2.pfx", {.common_name = "Two"});
    EXPECT_EQ(found({.subject = "one, ex"}), one.serial);
    EXPECT_EQ(found({.subject = "CN=TWO"}), two.serial);
    EXPECT_EQ(found({.subject = "two", .store = "my", .location = "currentuser"}), two.serial);
    const auto made = find({.subject = "Two"});
    ASSERT_TRUE(made);
    EXPECT_EQ(EVP_PKEY_eq(made->key.get(), two.key.get()), 1);
}

TEST_F(dotnet_store, of_several_it_is_the_one_that_is_valid_longest) {
    put("1.pfx", {.ends = 48h});
    const issued_certificate longest = put("2.pfx", {.ends = 96h});
    put("3.pfx", {.ends = 72h});
    put("4.pfx", {.client = true, .ends = 200h});
    put("5.txt", {.ends = 200h});
    EXPECT_EQ(found({.subject = "localhost"}), longest.serial);
}

TEST_F(dotnet_store, one_that_is_not_valid_will_do_where_that_is_allowed) {
    const issued_certificate old = put("1.pfx", {.begins = -48h, .ends = -24h});
    EXPECT_EQ(found({.subject = "localhost", .allow_invalid = true}), old.serial);
    const std::string said = found({.subject = "localhost"});
    EXPECT_TRUE(
        said.starts_with(std::string(missing) + "CurrentUser/My with AllowInvalid setting: false."))
        << said;
    EXPECT_CONTAINS(said, "/my/1.pfx' (CN=localhost) has expired.");
    EXPECT_CONTAINS(said, "Others in '");
}

TEST_F(dotnet_store, a_miss_says_why_each_was_passed_over) {
    put("early.pfx", {.begins = 24h});
    put("client.pfx", {.client = true});
    put("other.pfx", {.common_name = "Somebody"});
    issued_certificate bare;
    const issued_certificate issued = root().issue();
    bare.certificate = tls::again(issued.certificate);
    folder_.write("my/bare.pfx", bare.pfx(""));
    folder_.write("my/sealed.pfx", issued.pfx("geheim"));
    folder_.write("my/damaged.pfx", "hello");
    folder_.write("my/empty.pfx", "");
    const std::string said = found({.subject = "localhost"});
    for (const char* const part :
         {"/early.pfx' (CN=localhost) is not valid yet.", "/client.pfx' (CN=localhost) is not for",
          "/bare.pfx' (CN=localhost) has no private key.", "/sealed.pfx' is sealed by a password",
          "/damaged.pfx' is no PFX.", "/empty.pfx' is empty.", "/my': 1."})
        EXPECT_CONTAINS(said, part);
}

TEST_F(dotnet_store, stores_that_cannot_be_say_so) {
    EXPECT_CONTAINS(found({.subject = "localhost"}), "/my' cannot be read: No such file");
    EXPECT_CONTAINS(found({.subject = "localhost", .location = "LocalMachine"}),
                    std::string(missing) +
                        "LocalMachine/My with AllowInvalid setting: false. There is no "
                        "LocalMachine outside of Windows");
    EXPECT_CONTAINS(found({.subject = "localhost", .location = "Moon"}),
                    "The location 'Moon' of a certificate is unknown: it is CurrentUser or");
    for (const std::string& store : {std::string("../my"), std::string(".."), std::string("a\\b"),
                                     std::string(), std::string("a\0b", 3)})
        EXPECT_CONTAINS(found({.subject = "localhost", .store = store}),
                        "There can be no store of certificates that is called '");
}

TEST_F(dotnet_store, it_is_in_the_users_home) {
    const char* const before = std::getenv("HOME");
    const std::string home = before != nullptr ? before : "";
    setenv("HOME", folder_.path().c_str(), 1);
    const issued_certificate issued = intermediate().issue();
    folder_.write(".dotnet/corefx/cryptography/x509stores/my/1.pfx", issued.pfx(""));
    const server_certificate made = loaded({.subject = "localhost"});
    EXPECT_TRUE(made && made.facts().serial == issued.serial);
    EXPECT_CONTAINS(mistakes({.subject = "nobody"}), "The requested certificate nobody could not");

    const issued_certificate weak = root().issue({.common_name = "weak", .key = "rsa:1024"});
    folder_.write(".dotnet/corefx/cryptography/x509stores/my/2.pfx", weak.pfx(""));
    EXPECT_CONTAINS(mistakes({.subject = "weak"}),
                    "The RSA key of the store's certificate CN=weak has 1024 bits");
    unsetenv("HOME");
    EXPECT_CONTAINS(mistakes({.subject = "localhost"}), "HOME is not set");
    if (before != nullptr) setenv("HOME", home.c_str(), 1);
}

}  // namespace
}  // namespace saker::tests

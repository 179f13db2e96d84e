// OCSP responses from files: stapled where clients take them, a warning where they would not any
// more, a mistake where they never would.

#include "tests/protocols/certificate_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace saker::tests {
namespace {

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

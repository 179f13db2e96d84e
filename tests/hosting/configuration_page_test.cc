// docs/configuration.md: its tables are those of the source, and its example is one that is read.

#include "hosting/configuration/page.h"
#include "tests/hosting/configuration_fixture.h"

#include <sstream>

namespace saker {
namespace {

using namespace std::chrono_literals;

using configuration_page_of_docs = configuration_test;

constexpr const char* file = "docs/configuration.md";  // tests run in the repository's root

std::string whole_page() {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

// The first one below this heading.
std::string example(const std::string& heading) {
    const std::string page = whole_page(), begin = "```json\n";
    const size_t first = page.find(begin, page.find(heading));
    if (first == std::string::npos) return "there is none";
    const size_t start = first + begin.size();
    return page.substr(start, page.find("```", start) - start);
}

TEST_F(configuration_page_of_docs, is_current) {
    const std::string page = whole_page();
    const std::string mark =
        "<!-- what follows is written by: saker serve --print-configuration-page -->\n\n";
    const size_t at = page.find(mark);
    ASSERT_NE(at, std::string::npos) << file << " cannot be read, or has lost its mark";
    EXPECT_EQ(page.substr(at + mark.size()), configuration_page())
        << "remedy: replace what is below the mark by `saker serve --print-configuration-page`";
}

TEST_F(configuration_page_of_docs, has_an_example_that_is_read) {
    given(example(""));
    const server_options options = applied();
    EXPECT_EQ(warnings(), "");
    ASSERT_EQ(options.endpoints.size(), 2u);
    EXPECT_EQ(options.endpoints[0].options.unix_socket_mode, 0660u);
    EXPECT_EQ(options.endpoints[1].url, "http://*:8080");
    EXPECT_EQ(options.limits.max_request_body_size, 10u << 20);
    EXPECT_EQ(options.limits.min_response_data_rate, std::nullopt);
    EXPECT_EQ(options.limits.max_connection_age, 1h);
    EXPECT_EQ(options.transport.name, "auto");
}

TEST_F(configuration_page_of_docs, has_an_example_of_https_that_is_read) {
    given(example("## HTTPS\n"));
    const server_options options = applied();
    EXPECT_EQ(warnings(), "");
    ASSERT_TRUE(options.default_certificate);
    ASSERT_EQ(options.endpoints.size(), 2u);
    const https_options& partners = *options.endpoints[0].options.https;
    const https_options& everybody = *options.endpoints[1].options.https;
    EXPECT_EQ(partners.client_certificate_mode, client_certificate_mode::require_certificate);
    EXPECT_EQ(everybody.certificates.size(), 2u);
    EXPECT_EQ(everybody.sni.size(), 2u);
    EXPECT_EQ(everybody.protocols, ssl_protocols::tls13);
}

}  // namespace
}  // namespace saker

// The flags of `saker serve` as keys of the configuration, and its table of what is in force.

#include "tools/saker/serve_flags.h"
#include "tools/saker/check_config.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace saker::tool {
namespace {

// What the configuration is given, in order; or the mistake.
std::string given(std::vector<std::string_view> arguments) {
    serve_request wanted;
    const auto rest = take_keys(arguments, wanted);
    const reading read = read_arguments(rest, serve_flags(wanted));
    if (read.what == reading::outcome::mistake) return read.mistake;
    std::string all;
    for (const auto* list : {&wanted.sources.arguments, &wanted.from_flags})
        for (const std::string& one : *list) all += (all.empty() ? "" : " ") + one;
    return all;
}

TEST(serve_flags, are_keys) {
    EXPECT_EQ(
        given({"--urls", "http://a,http://b", "--transport=epoll", "--cores", "2", "--no-pin"}),
        "--urls=http://a;http://b --Saker:Transport:Name=epoll --Saker:Cores=2 "
        "--Saker:PinCores=false");
    EXPECT_EQ(given({"--log-level", "warn", "--max-body", "none", "--max-body", "64K"}),
              "--Saker:Logging:LogLevel:Default=warning --Kestrel:Limits:MaxRequestBodySize= "
              "--Kestrel:Limits:MaxRequestBodySize=64K");
    EXPECT_EQ(given({"--keep-alive-timeout", "130", "--headers-timeout", "90000"}),
              "--Kestrel:Limits:KeepAliveTimeout=00:02:10 "
              "--Kestrel:Limits:RequestHeadersTimeout=1.01:00:00");
    EXPECT_EQ(given({"--backlog=9", "--offload-threads=8", "--max-slabs=99", "--no-server-header"}),
              "--Saker:Transport:Backlog=9 --Saker:OffloadThreads=8 --Saker:MaxSlabsPerCore=99 "
              "--Kestrel:AddServerHeader=false");
}

TEST(serve_flags, win_over_keys) {
    EXPECT_EQ(given({"--cores", "2", "--Saker:Cores=3", "--Saker:PinCores", "false"}),
              "--Saker:Cores=3 --Saker:PinCores false --Saker:Cores=2");
    EXPECT_EQ(given({"--Saker:Cores", "--no-pin"}), "--Saker:Cores --Saker:PinCores=false");
}

TEST(serve_flags, name_a_certificate_whose_password_is_in_a_file) {
    const std::string path = testing::TempDir() + "saker_password";
    const auto with_file = [&](std::string_view text) {
        std::ofstream(path, std::ios::binary) << text;
        return given({"--certificate-password-file", path});
    };
    EXPECT_EQ(given({"--urls=https://a", "--certificate", "a.pem", "--certificate-key=a.key"}),
              "--urls=https://a --Kestrel:Certificates:Default:Path=a.pem "
              "--Kestrel:Certificates:Default:KeyPath=a.key");
    EXPECT_EQ(with_file("ge heim\r\nsecond"), "--Kestrel:Certificates:Default:Password=ge heim");
    EXPECT_EQ(with_file("geheim"), "--Kestrel:Certificates:Default:Password=geheim");
    EXPECT_EQ(with_file(""), "--certificate-password-file is '" + path +
                                 "'; valid is a file that can be read, with the password in its "
                                 "first line");
    EXPECT_EQ(given({"--certificate-password-file", "/"}),
              "--certificate-password-file is '/'; valid is a file that can be read, with the "
              "password in its first line");
    EXPECT_EQ(given({"--certificate-pasword", "x"}),
              "unknown flag '--certificate-pasword', did you mean --certificate-password-file?");
    std::remove(path.c_str());
}

TEST(check_config, has_no_passwords) {
    configuration_sources sources;
    sources.directory = "/nonexistent";
    sources.environment_variables = false;
    sources.arguments = {"--Kestrel:Certificates:Default:Path=/a.pfx",
                         "--Kestrel:Certificates:Default:Password=geheim"};
    const auto config = configuration::load(sources);
    ASSERT_TRUE(config);
    const std::string text = describe_configuration(*config, {});
    EXPECT_EQ(text.find("geheim"), std::string::npos);
    EXPECT_NE(text.find("Kestrel:Certificates:Default:Password"), std::string::npos);
    EXPECT_NE(text.find("***"), std::string::npos);
}

TEST(serve_flags, tell_wrong_values) {
    EXPECT_EQ(given({"--cores", "x"}), "--cores is 'x'; valid is a number from 0 to 1024");
    EXPECT_EQ(given({"--max-body", "x"}),
              "--max-body is 'x'; valid is a size such as 4096, 64K, 30M or 2G, or none");
    EXPECT_EQ(given({"--chek-config"}),
              "unknown flag '--chek-config', did you mean --check-config?");
}

TEST(serve_flags, choose_what_is_done_and_read) {
    serve_request wanted;
    const std::vector<std::string_view> arguments = {"--config",      "a.json",  "--config=b.json",
                                                     "--environment", "Staging", "--check-config"};
    EXPECT_EQ(read_arguments(arguments, serve_flags(wanted)).what, reading::outcome::run);
    EXPECT_EQ(wanted.what, serve_request::action::check);
    EXPECT_EQ(wanted.sources.files, (std::vector<std::string>{"a.json", "b.json"}));
    EXPECT_EQ(wanted.sources.environment, "Staging");
}

TEST(check_config, is_a_table_with_where_each_value_came_from) {
    configuration_sources sources;
    sources.directory = "/nonexistent";
    sources.environment_variables = false;
    sources.arguments = {"--Saker:Cores=3"};
    const auto config = configuration::load(sources);
    ASSERT_TRUE(config);
    const std::string text = describe_configuration(*config, {});
    EXPECT_EQ(
        text.find("environment: Production\nfiles: /nonexistent/appsettings.json (not there), "),
        0u);
    const size_t at = text.find("Saker:Cores ");
    ASSERT_NE(at, std::string::npos);
    const std::string line = text.substr(at, text.find('\n', at) - at);
    const size_t head = text.find("KEY ");
    const std::string titles = text.substr(head, text.find('\n', head) - head);
    EXPECT_EQ(line.find('3'), titles.find("VALUE"));
    EXPECT_EQ(line.find("command line"), titles.find("FROM"));
    EXPECT_NE(text.find("Kestrel:Limits:KeepAliveTimeout"), std::string::npos);
}

}  // namespace
}  // namespace saker::tool

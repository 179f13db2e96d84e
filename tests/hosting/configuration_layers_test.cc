// Which layer wins, how each is read, and what is said of files that cannot be.

#include "hosting/configuration/layers.h"
#include "tests/hosting/configuration_fixture.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

namespace saker {
namespace {

using configuration_layers = configuration_test;

// A variable of the process for as long as it lives; no other thread runs meanwhile.
class variable {
public:
    variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
    ~variable() { ::unsetenv(name_); }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;

private:
    const char* name_;
};

std::string shown(const std::vector<layer_value>& layer) {
    std::string all;
    for (const layer_value& one : layer)
        all += (all.empty() ? "" : " ") + one.key + '=' + one.value;
    return all;
}

std::string arguments(std::vector<std::string> given) {
    std::vector<std::string> mistakes;
    std::string all = shown(arguments_layer(given, mistakes));
    for (const std::string& one : mistakes) all += '\n' + one;
    return all;
}

TEST_F(configuration_layers, the_command_line_wins_over_variables_over_files) {
    const char* const key = "Kestrel:Limits:MaxRequestHeaderCount";
    sources.environment_variables = true;
    given(R"({"Kestrel": {"Limits": {"MaxRequestHeaderCount": 1}}})");
    EXPECT_EQ(effective(key), "1 (appsettings.json:1)");
    write("appsettings.Production.json",
          "\n{\"kestrel\": {\"limits\": {\"maxrequestheadercount\": 2}}}");
    EXPECT_EQ(effective(key), "2 (appsettings.Production.json:2)");
    const variable set("KESTREL__LIMITS__MAXREQUESTHEADERCOUNT", "3");
    EXPECT_EQ(effective(key), "3 (environment KESTREL__LIMITS__MAXREQUESTHEADERCOUNT)");
    sources.arguments = {"--Kestrel:Limits:MaxRequestHeaderCount=4"};
    EXPECT_EQ(effective(key), "4 (command line)");
}

TEST_F(configuration_layers, variables_with_a_prefix_are_below_files) {
    sources.environment_variables = true;
    const variable dotnet("DOTNET_URLS", "http://127.0.0.1:2");
    {
        const variable aspnet("ASPNETCORE_URLS", "http://127.0.0.1:1");
        EXPECT_EQ(urls(), "http://127.0.0.1:2");
    }
    const variable ours("SAKER_URLS", "http://127.0.0.1:3");
    EXPECT_EQ(urls(), "http://127.0.0.1:3");
    given(R"({"Urls": "http://127.0.0.1:4"})");
    EXPECT_EQ(urls(), "http://127.0.0.1:4");
    const variable plain_one("URLS", "http://127.0.0.1:5");
    EXPECT_EQ(urls(), "http://127.0.0.1:5");
    sources.arguments = {"--urls", "http://127.0.0.1:6"};
    EXPECT_EQ(urls(), "http://127.0.0.1:6");
}

TEST_F(configuration_layers, the_environment_chooses_the_second_file) {
    sources.environment_variables = true;
    const auto name = [&] { return configuration::load(sources)->environment(); };
    EXPECT_EQ(name(), "Production");
    const variable aspnet("ASPNETCORE_ENVIRONMENT", "A");
    EXPECT_EQ(name(), "A");
    const variable dotnet("DOTNET_ENVIRONMENT", "D");
    EXPECT_EQ(name(), "D");
    const variable ours("SAKER_ENVIRONMENT", "S");
    EXPECT_EQ(name(), "S");
    sources.arguments = {"--environment", "C"};
    EXPECT_EQ(name(), "C");
    sources.environment = "Staging";
    EXPECT_EQ(name(), "Staging");
    write("appsettings.Staging.json", R"({"Saker": {"Cores": 5}})");
    EXPECT_EQ(applied().cores, 5u);
    sources.environment = "../x";
    EXPECT_EQ(mistakes(),
              "The environment is '../x'; expected a name such as Production, without '/'.");
}

TEST_F(configuration_layers, arrays_are_overridden_by_index) {
    given(R"({"App": {"List": [1, 2, 3]}})");
    write("appsettings.Production.json", R"({"App": {"List": [9]}})");
    const auto read = configuration::load(sources);
    ASSERT_TRUE(read);
    EXPECT_EQ(*read->find("App:List:0"), "9");
    EXPECT_EQ(*read->find("App:List:2"), "3");
}

TEST_F(configuration_layers, named_files_must_be_there_and_replace_the_two) {
    given(R"({"Saker": {"Cores": 1}})");
    write("own.json", R"({"Saker": {"Cores": 2}})");
    write("more.json", R"({"Saker": {"Cores": 3}})");
    sources.files = {"own.json", "more.json"};
    EXPECT_EQ(applied().cores, 3u);
    sources.files = {"missing.json", "own.json"};
    EXPECT_EQ(mistakes(), "missing.json: is not there.");
}

TEST_F(configuration_layers, files_are_named_whether_there_or_not) {
    const auto read = configuration::load(sources);
    ASSERT_TRUE(read);
    ASSERT_EQ(read->files().size(), 2u);
    EXPECT_EQ(plain(read->files()[0]), "appsettings.json");
    EXPECT_EQ(plain(read->files()[1]), "appsettings.Production.json");
}

TEST_F(configuration_layers, files_that_cannot_be_read_are_told_all_at_once) {
    given("{\n \"a\": 1,\n \"a\": 2, \"A\": 3}");
    write("appsettings.Production.json", "{\"b\": tru}");
    EXPECT_EQ(mistakes(),
              "appsettings.json:3:2: A duplicate key 'a' was found; it is on line 2 already.\n"
              "appsettings.json:3:10: A duplicate key 'A' was found; it is on line 2 already.\n"
              "appsettings.Production.json:1:7: found 't'; expected a value: a text in double "
              "quotes, a number, true, false or null.");
    sources.files = {"."};
    EXPECT_EQ(mistakes(), ".: is a directory; expected a JSON file.");
    sources.files = {"/dev/zero"};
    EXPECT_EQ(mistakes(), "/dev/zero: is larger than 16 MiB: it is no configuration.");
    const std::string fifo = sources.directory + "/fifo";
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    sources.files = {fifo};
    EXPECT_EQ(mistakes(), "fifo: is a pipe, and not a file.");
    sources.files = {"/proc/self/mem"};  // nothing is mapped at its beginning
    EXPECT_EQ(mistakes(), "/proc/self/mem: cannot be read: Input/output error.");
    sources.files = {"/dev/null"};
    EXPECT_EQ(mistakes(), "/dev/null:1:1: the file is empty; expected a JSON object, {} at least.");
}

TEST_F(configuration_layers, arguments_are_read_as_dotnet_reads_them) {
    EXPECT_EQ(arguments({"--a=1", "--b", "2", "/c=3", "/d", "4", "e=5"}), "a=1 b=2 c=3 d=4 e=5");
    EXPECT_EQ(arguments({"--a=x=y", "--b="}), "a=x=y b=");
    EXPECT_EQ(arguments({"-x", "-y=1", "word", "--last"}), "");
    EXPECT_EQ(arguments({"--switch", "--Kestrel:AddServerHeader=false"}),
              "Kestrel:AddServerHeader=false");
    EXPECT_EQ(arguments({"--Saker:Cores"}),
              "\ncommand line: --Saker:Cores has no value; expected --Saker:Cores=VALUE.");
}

TEST_F(configuration_layers, variables_are_keys) {
    const variables set = {{"Kestrel__Limits__X", "1"}, {"A_B", "2"}, {"aspnetcore_Urls", "3"}};
    EXPECT_EQ(shown(environment_layer(set)), "Kestrel:Limits:X=1 A_B=2 aspnetcore_Urls=3");
    EXPECT_EQ(shown(prefixed_layer(set, "ASPNETCORE_")), "Urls=3");
}

TEST_F(configuration_layers, a_variable_with_a_prefix_is_no_section_of_the_application) {
    sources.environment_variables = true;
    const variable ours("SAKER_Kestrel__Limits__MaxRequestBodySize", "7"),
        dotnet("DOTNET_Kestrel__Limits__MaxRequestLineSize", "8");
    EXPECT_EQ(applied().limits.max_request_body_size, 7u);
    EXPECT_EQ(applied().limits.max_request_line_size, 8u);
    EXPECT_EQ(warnings(), "");
    const variable slip("SAKER_Kestral__Limits__MaxRequestHeaderCount", "9");
    EXPECT_EQ(warnings(),
              "environment SAKER_Kestral__Limits__MaxRequestHeaderCount: Kestral is taken for a "
              "section of the application's own; did you mean Kestrel?");
}

TEST_F(configuration_layers, a_variable_that_is_called_saker_is_not_about_us) {
    sources.environment_variables = true;
    const variable set("SAKER", "/opt/saker"), wrong("SAKER__CROES", "2");
    EXPECT_EQ(mistakes(),
              "environment SAKER__CROES: SAKER:CROES is not known; did you mean Cores?");
}

}  // namespace
}  // namespace saker

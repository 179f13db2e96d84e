// The development certificate: made once, kept as long as it is good, the same for all who ask, and
// of the kind that browsers trust once they are told to.

#include "protocols/tls/development_certificate.h"

#include "tests/protocols/certificate_fixture.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace saker::tests {
namespace {

using std::chrono::sys_seconds;
using tls::load_development_certificate;

sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string content(const std::string& path) {
    std::ifstream from(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
}

unsigned mode_of(const std::string& path) {
    struct stat found = {};
    EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 0777;
}

class development_certificate : public testing::Test {
protected:
    std::string serial(sys_seconds when = now()) {
        const auto made = load_development_certificate(folder_, when);
        EXPECT_TRUE(made) << (made ? "" : made.error().text());
        if (!made) return {};
        made_now_ = made->made_now;
        return made->certificate.facts().serial;
    }

    const temporary_folder above_;
    const std::string folder_ = above_ / "a/b/https";
    const std::string kept_ = folder_ + "/localhost.pem", trusted_ = folder_ + "/localhost.crt";
    bool made_now_ = false;
};

TEST_F(development_certificate, it_is_made_once_and_kept) {
    const std::string first = serial();
    EXPECT_TRUE(made_now_);
    EXPECT_EQ(serial(), first);
    EXPECT_FALSE(made_now_);
    EXPECT_EQ(serial(now() + 24h * 334), first);
    EXPECT_EQ(mode_of(folder_), 0700u);
    EXPECT_EQ(mode_of(above_ / "a"), 0700u);
    EXPECT_EQ(mode_of(kept_), 0600u);
    EXPECT_EQ(mode_of(trusted_), 0644u);
    EXPECT_TRUE(content(kept_).starts_with(content(trusted_)));
    EXPECT_EQ(content(trusted_).find("PRIVATE"), std::string::npos);
    EXPECT_EQ(load_development_certificate(folder_, now())->trusted_path, trusted_);
}

TEST_F(development_certificate, it_is_what_browsers_take) {
    const sys_seconds when = now();
    const auto made = load_development_certificate(folder_, when);
    ASSERT_TRUE(made) << made.error().text();
    const certificate_facts& facts = made->certificate.facts();
    EXPECT_EQ(facts.subject, "CN=localhost");
    EXPECT_EQ(facts.issuer, "CN=localhost");
    EXPECT_EQ(facts.key, "ECDSA P-256");
    EXPECT_EQ(facts.serial.size(), 32u);
    EXPECT_EQ(facts.dns_names,
              (std::vector<std::string>{"localhost", "*.localhost", "*.dev.localhost",
                                        "host.docker.internal", "127.0.0.1", "::1"}));
    EXPECT_EQ(facts.not_before, when);
    EXPECT_EQ(facts.not_after, when + 24h * 365);
    X509* const leaf = made->certificate.loaded()->leaf.get();
    EXPECT_EQ(X509_self_signed(leaf, 1), 1);
    EXPECT_EQ(X509_check_ca(leaf), 0);
    EXPECT_EQ(X509_get_key_usage(leaf), static_cast<uint32_t>(KU_DIGITAL_SIGNATURE));
    EXPECT_EQ(X509_get_extended_key_usage(leaf), static_cast<uint32_t>(XKU_SSL_SERVER));
    EXPECT_EQ(X509_check_host(leaf, "app.dev.localhost", 0, 0, nullptr), 1);
    EXPECT_EQ(X509_check_ip_asc(leaf, "::1", 0), 1);

    // With itself as the only root that is trusted.
    const tls::store_ptr roots(X509_STORE_new());
    X509_STORE_add_cert(roots.get(), leaf);
    X509_STORE_CTX* const about = X509_STORE_CTX_new();
    X509_STORE_CTX_init(about, roots.get(), leaf, nullptr);
    X509_STORE_CTX_set_default(about, "ssl_server");
    EXPECT_EQ(X509_verify_cert(about), 1)
        << X509_verify_cert_error_string(X509_STORE_CTX_get_error(about));
    X509_STORE_CTX_free(about);
}

TEST_F(development_certificate, it_is_renewed_before_it_runs_out) {
    const std::string first = serial();
    const std::string second = serial(now() + 24h * 336);
    EXPECT_TRUE(made_now_);
    EXPECT_NE(second, first);
    EXPECT_TRUE(content(kept_).starts_with(content(trusted_)));
    // From a clock that was ahead.
    EXPECT_NE(serial(now()), second);
    EXPECT_TRUE(made_now_);
}

TEST_F(development_certificate, one_that_is_damaged_is_replaced) {
    std::string last = serial();
    const std::string good = content(kept_);
    for (const std::string& damage : {std::string(), std::string("hello"),
                                      good.substr(0, good.size() / 2), content(trusted_)}) {
        std::ofstream(kept_, std::ios::trunc) << damage;
        const std::string next = serial();
        EXPECT_TRUE(made_now_);
        EXPECT_NE(next, last);
        EXPECT_EQ(mode_of(kept_), 0600u);
        last = next;
    }
}

TEST_F(development_certificate, the_copy_without_the_key_is_restored) {
    const std::string first = serial();
    const std::string copy = content(trusted_);
    std::filesystem::remove(trusted_);
    EXPECT_EQ(serial(), first);
    EXPECT_FALSE(made_now_);
    EXPECT_EQ(content(trusted_), copy);
    std::ofstream(trusted_) << "another";
    EXPECT_EQ(serial(), first);
    EXPECT_EQ(content(trusted_), copy);
}

TEST_F(development_certificate, what_a_crash_left_is_no_obstacle) {
    std::filesystem::create_directories(folder_);
    std::ofstream(kept_ + ".new") << "half";
    const std::string first = serial();
    EXPECT_EQ(mode_of(kept_), 0600u);
    EXPECT_EQ(serial(), first);
    EXPECT_FALSE(std::filesystem::exists(kept_ + ".new"));
}

TEST_F(development_certificate, processes_that_ask_at_once_get_the_same) {
    constexpr int many = 8;
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    std::vector<pid_t> children;
    for (int i = 0; i < many; ++i) {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const auto made = load_development_certificate(folder_, now());
            std::string said = made ? made->certificate.facts().serial : std::string(32, '-');
            said += made && made->made_now ? '1' : '0';
            _exit(write(ends[1], said.data(), said.size()) == 33 ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = -1;
        waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
    char said[33 * many];
    ASSERT_EQ(read(ends[0], said, sizeof said), static_cast<ssize_t>(sizeof said));
    close(ends[0]);
    close(ends[1]);
    const std::string serial_now = serial();
    EXPECT_FALSE(made_now_);
    int makers = 0;
    for (int i = 0; i < many; ++i) {
        EXPECT_EQ(std::string(said + 33 * i, 32), serial_now);
        makers += said[33 * i + 32] - '0';
    }
    EXPECT_EQ(makers, 1);
}

TEST_F(development_certificate, a_folder_that_cannot_be_says_what_to_do) {
    const std::string file = above_.write("file", "");
    const auto beyond = load_development_certificate(file + "/https", now());
    ASSERT_FALSE(beyond);
    EXPECT_CONTAINS(beyond.error().text(),
                    "The development certificate cannot be kept: making the folder '" + file +
                        "/https': Not a directory. Or give a certificate of your own: "
                        "server_options::default_certificate");
    std::filesystem::create_directories(folder_ + "/lock");
    const auto locked = load_development_certificate(folder_, now());
    ASSERT_FALSE(locked);
    EXPECT_CONTAINS(locked.error().text(), "opening '" + folder_ + "/lock': Is a directory.");
    std::filesystem::remove(folder_ + "/lock");
    std::filesystem::create_directories(kept_);
    const auto unwritten = load_development_certificate(folder_, now());
    ASSERT_FALSE(unwritten);
    EXPECT_CONTAINS(unwritten.error().text(), "writing '" + kept_ + "': Is a directory.");
    std::filesystem::remove(kept_);
    std::filesystem::create_directories(trusted_);
    const auto uncopied = load_development_certificate(folder_, now());
    ASSERT_FALSE(uncopied);
    EXPECT_CONTAINS(uncopied.error().text(), "writing '" + trusted_ + "': Is a directory.");
}

class environment {
public:
    explicit environment(const char* name) : name_(name) {
        if (const char* const before = std::getenv(name)) before_ = before;
    }
    ~environment() { change(before_); }
    void change(const std::string& value) {
        if (value.empty())
            unsetenv(name_);
        else
            setenv(name_, value.c_str(), 1);
    }

private:
    const char* const name_;
    std::string before_;
};

TEST_F(development_certificate, the_usual_folder_is_in_the_users_home) {
    environment data("XDG_DATA_HOME"), home("HOME");
    data.change(above_ / "data");
    home.change(above_ / "home");
    EXPECT_EQ(load_development_certificate("", now())->trusted_path,
              above_ / "data/saker/https/localhost.crt");
    data.change("not/absolute");
    EXPECT_EQ(load_development_certificate("", now())->trusted_path,
              above_ / "home/.local/share/saker/https/localhost.crt");
    data.change("");
    home.change("");
    const auto none = load_development_certificate("", now());
    ASSERT_FALSE(none);
    EXPECT_CONTAINS(none.error().text(), "neither XDG_DATA_HOME nor HOME is set");
}

}  // namespace
}  // namespace saker::tests

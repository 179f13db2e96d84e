#pragma once
// A folder of settings files for one test, and what becomes of them: options, mistakes, warnings,
// each as one text to compare with.

#include <saker/configuration.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace saker {

class configuration_test : public testing::Test {
protected:
    configuration_test() {
        const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
        folder_ = std::filesystem::path(testing::TempDir()) /
                  (std::string("saker_") + test->test_suite_name() + '_' + test->name());
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        sources.directory = folder_;
        sources.environment_variables = false;
    }
    ~configuration_test() override {
        std::error_code failure;  // what is left in a temporary folder is no failure of the test
        std::filesystem::remove_all(folder_, failure);
    }

    void write(const std::string& name, std::string_view text) {
        std::ofstream(folder_ / name, std::ios::binary) << text;
    }
    // The one file of most tests.
    void given(std::string_view text) { write("appsettings.json", text); }

    // Without the folder's name, so that the sentences are the same everywhere.
    std::string plain(std::string text) const {
        const std::string start = folder_.string() + '/';
        for (size_t at; (at = text.find(start)) != std::string::npos;) text.erase(at, start.size());
        return text;
    }
    server_options applied() {
        const auto read = configuration::load(sources);
        if (!read) {
            ADD_FAILURE() << plain(read.error().text());
            return base;
        }
        auto options = read->apply_to(base);
        if (options) return std::move(*options);
        ADD_FAILURE() << plain(options.error().text());
        return base;
    }
    // All mistakes, of reading or of applying, one a line; "none" where there are none.
    std::string mistakes() {
        const auto read = configuration::load(sources);
        if (!read) return plain(read.error().text());
        const auto options = read->apply_to(base);
        return options ? "none" : plain(options.error().text());
    }
    std::string warnings() {
        const auto read = configuration::load(sources);
        if (!read) return plain(read.error().text());
        std::string all;
        for (const std::string& one : read->warnings(base)) all += (all.empty() ? "" : "\n") + one;
        return plain(all);
    }
    // "value (origin)" of a key that is in force.
    std::string effective(std::string_view key) {
        const auto read = configuration::load(sources);
        if (!read) return plain(read.error().text());
        for (const auto& one : read->effective(base))
            if (one.key == key) return plain(one.value + " (" + one.origin + ')');
        return "not there";
    }
    std::string urls() {
        std::string all;
        for (const auto& one : applied().endpoints)
            all += (all.empty() ? "" : " ") +
                   (one.options.name.empty() ? "" : one.options.name + '=') + one.url;
        return all;
    }

    configuration_sources sources;
    server_options base;

private:
    std::filesystem::path folder_;
};

}  // namespace saker

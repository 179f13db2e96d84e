#pragma once
// A folder of a test's own, gone with its end.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace saker::test {

class temporary_folder {
public:
    temporary_folder() {
        std::string made = (std::filesystem::temp_directory_path() / "saker_test_XXXXXX").string();
        if (mkdtemp(made.data()) == nullptr) std::abort();
        path_ = std::move(made);
    }
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return path_ + '/' + name;
    }
    // Writes a file, with the folders above it; returns its path.
    std::string write(const std::string& name, std::string_view content) const {
        const std::string to = *this / name;
        std::filesystem::create_directories(std::filesystem::path(to).parent_path());
        std::ofstream(to, std::ios::binary) << content;
        return to;
    }

private:
    std::string path_;
};

}  // namespace saker::test

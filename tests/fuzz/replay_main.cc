// Runs a fuzz target over the files of its corpus, without libFuzzer: the same entry point, any
// compiler. Besides each file as it is, every shorter beginning of a small one is tried, because a
// peer that stops in the middle is the input that is most easily forgotten. Ends with 77 (skipped)
// if there is no corpus.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t small_file = 512;

void replay(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    const std::vector<char> text{std::istreambuf_iterator<char>(in), {}};
    const std::size_t shortest = text.size() <= small_file ? 0 : text.size();
    for (std::size_t size = shortest; size <= text.size(); ++size) {
        // A copy of exactly that size: the address sanitizer sees a read behind the end.
        const std::vector<std::uint8_t> bytes(text.begin(),
                                              text.begin() + static_cast<std::ptrdiff_t>(size));
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
}

}  // namespace

int main(int count, char** arguments) {
    int files = 0;
    for (int i = 1; i < count; ++i) {
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator(arguments[i], error)) {
            if (!entry.is_regular_file()) continue;
            replay(entry.path());
            ++files;
        }
    }
    std::printf("%d corpus files replayed\n", files);
    if (files != 0) return 0;
    std::puts("there is no corpus");
    return 77;
}

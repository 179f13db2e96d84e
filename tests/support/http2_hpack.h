#pragma once
// Header blocks (RFC 7541) of both kinds that tests need: written by hand, one representation
// after another, lawful or not; and written and read as other clients do, by nghttp2.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saker::test::http2 {

struct field {
    std::string name, value;
    friend bool operator==(const field&, const field&) = default;
};
using fields = std::vector<field>;

// "name: value", one a line.
[[nodiscard]] std::string shown(const fields&);

// ---- by hand ----

namespace hpack {

// An integer whose first byte has `pattern` above a prefix of so many bits.
[[nodiscard]] std::string integer(uint64_t value, int prefix, uint8_t pattern = 0);
// Not Huffman coded.
[[nodiscard]] std::string text(std::string_view);
// A string whose length says something else than how much follows.
[[nodiscard]] std::string text_of_length(uint64_t length, std::string_view);

[[nodiscard]] std::string indexed(uint64_t index);
[[nodiscard]] std::string literal(std::string_view name, std::string_view value);
[[nodiscard]] std::string literal(uint64_t name_index, std::string_view value);
[[nodiscard]] std::string never_indexed(std::string_view name, std::string_view value);
// Goes into the dynamic table.
[[nodiscard]] std::string incremental(std::string_view name, std::string_view value);
[[nodiscard]] std::string incremental(uint64_t name_index, std::string_view value);
[[nodiscard]] std::string table_size(uint64_t size);

// The index of a field, or of its name alone, in the static table.
[[nodiscard]] std::optional<uint64_t> static_index(std::string_view name, std::string_view value);
[[nodiscard]] std::optional<uint64_t> static_index(std::string_view name);

// What is in the dynamic table first.
inline constexpr uint64_t first_dynamic = 62;
// What a field counts in a table or a list beyond its bytes (RFC 7541 4.1, RFC 9113 6.5.2).
inline constexpr size_t overhead = 32;

}  // namespace hpack

// Indexed where the static table has it, otherwise a literal without indexing: changes no table.
[[nodiscard]] std::string block(const fields&);

// ---- by nghttp2 ----

// With Huffman codes and the dynamic table.
class hpack_encoder {
public:
    explicit hpack_encoder(size_t table_size = 4096);
    ~hpack_encoder();
    [[nodiscard]] std::string block(const fields&);

private:
    struct state;
    std::unique_ptr<state> state_;
};

class hpack_decoder {
public:
    hpack_decoder();
    ~hpack_decoder();
    // Nothing where it cannot be read.
    [[nodiscard]] std::optional<fields> read(std::string_view block);
    // What SETTINGS_HEADER_TABLE_SIZE says.
    void allow_table(size_t size);
    // Bytes in the dynamic table.
    [[nodiscard]] size_t table_size() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

// ---- requests ----

// :method, :scheme, :authority "a" and :path, then `more`.
[[nodiscard]] fields request_fields(std::string_view method, std::string_view path,
                                    const fields& more = {}, std::string_view scheme = "http");

}  // namespace saker::test::http2

#pragma once
// The chunked transfer coding (RFC 9112 7.1), decoded piece by piece without copying: the data of a
// step is a part of the input. Strict, for leniency here is request smuggling (CVE-2025-55315):
// CRLF and nothing else, extensions by their grammar and bounded. Trailers are kept and parsed like
// headers.

#include "protocols/http/field_list.h"
#include "protocols/http/rejection.h"
#include "protocols/http1/field_lines.h"
#include "protocols/http1/request_head.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace saker {

enum class chunk_status : uint8_t {
    need_more,  // all input is consumed
    data,       // `data` is the next part of the body; ask again with the rest of the input
    complete,   // last chunk and trailers are consumed; what follows is the next request
    rejected,   // for good
};

struct chunk_step {
    chunk_status status = chunk_status::need_more;
    rejection_reason reason = rejection_reason::none;
    size_t consumed = 0;    // of the input, framing and data together
    std::string_view data;  // within the consumed input
};

class chunked_decoder {
public:
    static constexpr uint32_t max_chunk_size = 0x7fffffff;
    static constexpr uint32_t max_size_digits = 8;
    static constexpr uint32_t max_extension_size = 256;          // a chunk
    static constexpr uint32_t max_extensions_total = 16 * 1024;  // a body

    explicit chunked_decoder(const scanner& scan = best_scanner()) noexcept : lines_(scan) {}
    // The trailers are views into memory of the decoder's own.
    chunked_decoder(const chunked_decoder&) = delete;
    chunked_decoder& operator=(const chunked_decoder&) = delete;

    // Before each body. `trailers` is what request_head::remaining says.
    void reset(const head_limits& trailers) noexcept;

    // One step through the input. Call again with what is behind `consumed` until need_more.
    chunk_step next(std::string_view input) noexcept;

    bool complete() const noexcept { return state_ == state::done; }
    // Valid from complete until reset.
    const field_list& trailers() const noexcept { return trailers_; }

private:
    // The names say what is expected next.
    enum class state : uint8_t {
        size_first,
        size,
        extension_space,       // BWS before ';'
        extension_name_space,  // BWS behind ';'
        extension_name,
        extension_equal_space,  // BWS behind the name
        extension_value_space,  // BWS behind '='
        extension_value,
        extension_quoted,
        extension_escaped,
        extension_quoted_end,
        size_line_feed,
        data,
        data_carriage_return,
        data_line_feed,
        trailers,
        done,
        failed,
    };

    chunk_step fail(rejection_reason reason, size_t consumed) noexcept;
    chunk_step take_data(std::string_view input, size_t at) noexcept;
    chunk_step take_trailers(std::string_view input, size_t at) noexcept;
    rejection_reason take_framing(char c) noexcept;
    rejection_reason take_size(char c) noexcept;
    rejection_reason take_extension(char c) noexcept;
    rejection_reason take_quoted(char c) noexcept;
    void end_size_line() noexcept;
    bool separated(char c) noexcept;

    state state_ = state::size_first;
    rejection_reason reason_ = rejection_reason::none;
    uint8_t digits_ = 0;
    uint32_t remaining_ = 0;  // of this chunk
    uint32_t extension_ = 0;  // bytes, this chunk
    uint32_t extensions_total_ = 0;
    head_limits limits_;
    field_lines lines_;
    field_list trailers_;
    std::vector<char> trailer_text_;
};

}  // namespace saker

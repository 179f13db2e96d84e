#pragma once
// The fields of a head as HPACK gives them, kept in one piece and checked one by one: names,
// values, pseudo-headers and what HTTP/2 has no place for (RFC 9113 8.2, 8.3). What is wrong here
// ends the connection, as with Kestrel.

#include "protocols/http/field_list.h"
#include "protocols/http2/error_code.h"

#include <saker/end_reason.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace saker::http2 {

// Kestrel's names and defaults.
struct field_limits {
    uint32_t field_size = 32 * 1024;  // a name, or a value
    uint32_t total_size = 32 * 1024;  // of names and values
    uint32_t count = 100;             // without pseudo-headers
};

// What a connection ends by; none: `code` is no_error.
struct connection_fault {
    error_code code = error_code::no_error;
    end_reason why = end_reason::none;
    explicit operator bool() const noexcept { return code != error_code::no_error; }
};

class head_fields {
public:
    enum class pseudo : uint8_t { method, scheme, authority, path, protocol };

    void begin(bool trailers) noexcept;
    // Twice the limits are an error; what is between once and twice is counted and not kept.
    [[nodiscard]] connection_fault add(std::string_view name, std::string_view value,
                                       const field_limits&) noexcept;
    // All of them are there: crumbs of cookies are one (RFC 9113 8.2.3).
    void finish() noexcept;
    // `:authority` is the host, whatever the field says. Before `finish`.
    void replace_host();

    [[nodiscard]] bool has(pseudo which) const noexcept { return (seen_ & bit(which)) != 0; }
    [[nodiscard]] std::string_view value(pseudo which) const noexcept {
        const range of = values_[static_cast<size_t>(which)];
        return {text_.data() + of.at, of.size};
    }
    // Bound to their bytes by `finish`.
    [[nodiscard]] const field_list& fields() const noexcept { return fields_; }
    // The same before it.
    [[nodiscard]] std::string_view value_of(header_id id) const noexcept {
        const header_field& of = fields_[fields_.find(id)];
        return {text_.data() + of.value_at, of.value_size};
    }
    [[nodiscard]] bool too_large() const noexcept { return too_large_; }
    [[nodiscard]] bool too_many() const noexcept { return too_many_; }
    [[nodiscard]] uint32_t size() const noexcept { return size_; }
    // Frees what a large head has taken.
    void clear() noexcept;

private:
    struct range {
        uint32_t at = 0, size = 0;
    };
    static constexpr uint8_t bit(pseudo which) noexcept {
        return static_cast<uint8_t>(1u << static_cast<unsigned>(which));
    }
    [[nodiscard]] connection_fault add_pseudo(std::string_view name, std::string_view value);
    [[nodiscard]] uint32_t keep(std::string_view text);

    std::string text_;
    std::string crumbs_;  // all cookies, where there is more than one
    field_list fields_;
    range values_[5];
    uint32_t size_ = 0;
    uint32_t count_ = 0;
    uint8_t seen_ = 0;
    bool trailers_ = false;
    bool regular_ = false;  // pseudo-headers come before all others
    bool too_large_ = false;
    bool too_many_ = false;
};

}  // namespace saker::http2

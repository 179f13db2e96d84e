#pragma once
// The fields of a head or of a trailer section in the order they came, as offsets into bytes that
// somebody else keeps. Known names are found in constant time: a presence bitmap and the index of
// the first field with that name. A list is reused for request after request and keeps its memory.

#include "protocols/http/header_names.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace saker {

struct header_field {
    uint32_t name_at;
    uint32_t value_at;
    uint32_t value_size;
    uint16_t name_size;
    header_id id;
    uint8_t reserved;
};
static_assert(sizeof(header_field) == 16);

class field_list {
public:
    static constexpr size_t none = static_cast<size_t>(-1);

    field_list() : fields_(initial_capacity) {}

    // Offsets are turned into views relative to `base`; call again when the bytes have moved.
    void bind(const char* base) noexcept { base_ = base; }
    const char* base() const noexcept { return base_; }

    void clear() noexcept {
        count_ = identified_ = 0;
        present_[0] = present_[1] = repeated_[0] = repeated_[1] = 0;
    }

    // A field whose id is not known yet; it is found by name only after `identify`.
    void append(const header_field& field) noexcept {
        if (count_ == capacity_) [[unlikely]] {
            grow();
        }
        fields_.data()[count_++] = field;
    }
    // The same, of one whose id is known.
    void append_identified(const header_field& field) noexcept {
        append(field);
        note(field.id, identified_++);
    }
    // Its value lies elsewhere.
    void move_value(size_t i, uint32_t at, uint32_t size) noexcept {
        fields_[i].value_at = at;
        fields_[i].value_size = size;
    }
    // Gives the fields appended since the last time their ids. Their names are at `data`. Apart
    // from appending, because a tight search for line ends has no registers to spare for look-ups.
    void identify(const char* data) noexcept;

    size_t size() const noexcept { return count_; }
    bool empty() const noexcept { return count_ == 0; }
    const header_field& operator[](size_t i) const noexcept { return fields_[i]; }

    // The name as it was spelt, the value without the white space around it.
    std::string_view name(size_t i) const noexcept {
        return {base_ + fields_[i].name_at, fields_[i].name_size};
    }
    std::string_view value(size_t i) const noexcept {
        return {base_ + fields_[i].value_at, fields_[i].value_size};
    }

    bool has(header_id id) const noexcept { return bit(present_, id); }
    // More than one field line with this name.
    bool repeated(header_id id) const noexcept { return bit(repeated_, id); }

    // Index of the first field with a known name, or `none`. `id` is not header_id::unknown.
    size_t find(header_id id) const noexcept {
        return has(id) ? first_[static_cast<size_t>(id)] : none;
    }
    // Index of the next field of the same id after `i`, or `none`.
    size_t find_next(header_id id, size_t i) const noexcept {
        if (!repeated(id)) return none;
        for (++i; i < count_; ++i) {
            if (fields_[i].id == id) return i;
        }
        return none;
    }
    // Index of the first field with this name, known or not, case-insensitively; or `none`.
    size_t find(std::string_view name) const noexcept;

    // The first field's value; empty where there is none (`has` tells the two apart).
    std::string_view value(header_id id) const noexcept {
        return has(id) ? value(size_t{first_[static_cast<size_t>(id)]}) : std::string_view{};
    }

private:
    static constexpr uint32_t initial_capacity = 32;

    static bool bit(const uint64_t (&words)[2], header_id id) noexcept {
        const auto i = static_cast<size_t>(id);
        return (words[i >> 6] >> (i & 63)) & 1;
    }

    void grow() noexcept;
    void note(header_id id, uint32_t at) noexcept {
        const auto i = static_cast<size_t>(id);
        const uint64_t bit = uint64_t{1} << (i & 63);
        uint64_t& present = present_[i >> 6];
        if ((present & bit) == 0) {
            first_[i] = at;
        } else {
            repeated_[i >> 6] |= bit;
        }
        present |= bit;
    }

    const char* base_ = nullptr;
    uint64_t present_[2] = {0, 0};
    uint64_t repeated_[2] = {0, 0};
    uint32_t count_ = 0;
    uint32_t identified_ = 0;
    uint32_t capacity_ = initial_capacity;
    std::vector<header_field> fields_;
    uint32_t first_[128];
};

static_assert(header_id_count <= 128, "two words of presence bits");

}  // namespace saker

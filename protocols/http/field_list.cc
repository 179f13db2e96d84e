// What is not on the fast path of a field_list: growing it, and the one lookup that is not in
// constant time, by text, for names that have no id.

#include "protocols/http/field_list.h"

#include "protocols/http/characters.h"

namespace saker {

void field_list::grow() noexcept {
    capacity_ *= 2;
    fields_.resize(capacity_);
}

void field_list::identify(const char* data) noexcept {
    for (; identified_ < count_; ++identified_) {
        header_field& field = fields_[identified_];
        field.id = find_header({data + field.name_at, field.name_size});
        note(field.id, identified_);
    }
}

size_t field_list::find(std::string_view name) const noexcept {
    if (const header_id id = find_header(name); id != header_id::unknown) return find(id);
    for (size_t i = 0; i < count_; ++i) {
        if (fields_[i].id == header_id::unknown && equals_ignore_case(this->name(i), name))
            return i;
    }
    return none;
}

}  // namespace saker

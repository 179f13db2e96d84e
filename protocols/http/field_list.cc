// The one lookup of a field_list that is not constant time: by text, for names that have no id.

#include "protocols/http/field_list.h"

#include "protocols/http/characters.h"

namespace saker {

size_t field_list::find(std::string_view name) const noexcept {
    if (const header_id id = find_header(name); id != header_id::unknown) return find(id);
    for (size_t i = 0; i < count_; ++i) {
        if (fields_[i].id == header_id::unknown && equals_ignore_case(this->name(i), name))
            return i;
    }
    return none;
}

}  // namespace saker

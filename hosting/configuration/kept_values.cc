// See kept_values.h.

#include "hosting/configuration/kept_values.h"

#include "hosting/configuration/table/setting_values.h"

#include <algorithm>
#include <utility>

namespace saker {

void kept_value::put(const setting_owners& into) const {
    const place at = place_of(*row, into);
    if (row->kind == key_kind::list) clear_list(at);
    for (const std::string& one : texts) take(*row, at, one, is_null);
}

bool kept_value::is_default_in(const setting_owners& options) const {
    blank_options blank;
    return show(place_of(*row, options)) == show(blank.at(*row));
}

void kept_https::put(https_options& into) const {
    for (const kept_value& one : values) one.put({.https = &into});
    if (!certificates.empty()) {
        into.certificates = certificates;
        into.loaded_certificates.clear();
    }
    if (!sni.empty()) into.sni = sni;
}

void put_over(const kept_https& said, listen_options& on) {
    on.https_defaults = [said, before = on.https_defaults](https_options& with) {
        if (before) before(with);
        said.put(with);
    };
    if (on.https == nullptr) return;
    auto with = std::make_shared<https_options>(*on.https);
    said.put(*with);
    on.https = std::move(with);
}

void put_beside(const std::vector<kept_value>& said, listen_options& on) {
    const auto is_of_https = [](const kept_value& one) { return one.row->of_https != nullptr; };
    for (const kept_value& one : said)
        if (!is_of_https(one) && one.is_default_in({.endpoint = &on})) one.put({.endpoint = &on});
    if (!std::any_of(said.begin(), said.end(), is_of_https)) return;
    if (on.https == nullptr) {  // its url may say https: then the code's defaults are over these
        on.https_defaults = [said, code = on.https_defaults](https_options& with) {
            for (const kept_value& one : said) one.put({.https = &with});
            if (code) code(with);
        };
        return;
    }
    auto with = std::make_shared<https_options>(*on.https);
    for (const kept_value& one : said)
        if (is_of_https(one) && one.is_default_in({.https = with.get()}))
            one.put({.https = with.get()});
    on.https = std::move(with);
}

}  // namespace saker

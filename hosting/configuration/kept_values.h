#pragma once
// What a configuration says, kept by value: it is put into options long after the configuration is
// gone, by functions that were made of it.

#include "hosting/configuration/table/settings_table.h"

#include <saker/options.h>

#include <string>
#include <vector>

namespace saker {

// A row with its value, or with the elements of its list. Both were checked.
struct kept_value {
    const setting* row = nullptr;
    std::vector<std::string> texts;
    bool is_null = false;

    // Into those that it is a part of.
    void put(const setting_owners&) const;
    [[nodiscard]] bool is_default_in(const setting_owners&) const;
};

// All that an endpoint says of TLS.
struct kept_https {
    std::vector<kept_value> values;
    std::vector<certificate_source> certificates;
    std::vector<sni_options> sni;

    void put(https_options&) const;
};

// Says it of an https endpoint: over the server's defaults, and over what they have made of it
// already. A later `use_https` begins with it.
void put_over(const kept_https&, listen_options&);

// Puts the values where the options have their defaults.
void put_beside(const std::vector<kept_value>&, listen_options&);

}  // namespace saker

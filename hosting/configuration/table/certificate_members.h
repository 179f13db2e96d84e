#pragma once
// The section of a certificate: {Path, KeyPath, Password} or {Subject, Store, Location,
// AllowInvalid}, wherever it stands.

#include "hosting/configuration/table/setting_values.h"

#include <saker/certificate.h>

#include <span>
#include <string>
#include <string_view>

namespace saker {

// In the order in which they are told.
[[nodiscard]] std::span<const std::string_view> certificate_keys() noexcept;
[[nodiscard]] std::span<const std::string_view> store_locations() noexcept;

// Whether its value is a file's path.
[[nodiscard]] bool is_certificate_path(std::string_view key) noexcept;
// Whether its value is told to nobody.
[[nodiscard]] bool is_secret(std::string_view key) noexcept;

// Puts the value where it belongs; one that is not known is nothing.
taken take_certificate_member(certificate_source&, std::string_view key, std::string_view text);

}  // namespace saker

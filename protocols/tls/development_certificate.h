#pragma once
// The certificate of a developer's machine: for localhost, made once, signed by itself, kept in the
// user's home until it has nearly run out. What `dotnet dev-certs https` makes for Kestrel.

#include <saker/certificate.h>
#include <saker/result.h>

#include <chrono>
#include <string>

namespace saker::tls {

struct development_certificate {
    server_certificate certificate;
    std::string trusted_path;  // of a copy without the key, which browsers are told to trust
    bool made_now = false;
};

// From `folder`/localhost.pem, where it is good for another 30 days at `now`; else made anew, next
// to localhost.crt. `folder` is made as well, for its user alone; empty:
// $XDG_DATA_HOME/saker/https, or ~/.local/share/saker/https. Any number of processes may ask at
// once; all get the same.
[[nodiscard]] result<development_certificate> load_development_certificate(
    std::string folder, std::chrono::sys_seconds now);

}  // namespace saker::tls

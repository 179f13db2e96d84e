#pragma once
// Logs the bytes that come and go, as Kestrel's UseConnectionLogging: `ReadAsync[n]` and
// `WriteAsync[n]` with the bytes in hexadecimal and as text, sixteen a line, at level debug of the
// category "connection". The record's message has several lines, each of which begins with
// hexadecimal digits but the first.
//
//     endpoint.use(saker::connection_logging());
//
// It watches and changes nothing: bodies are still not copied, and whoever is behind is still
// waited for. Where that level is off it costs a comparison for each piece. Passwords and cookies
// are in what it logs.

#include <saker/connection.h>

#include <string>

namespace saker {

// What it sees is what whoever is behind it in the chain sees. `name` tells several of them apart.
[[nodiscard]] connection_middleware connection_logging(std::string name = {});

}  // namespace saker

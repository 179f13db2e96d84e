#pragma once
// Requests as they are sent in the wild, under the names that tests and benches use for a workload.
// All are complete heads without a body.

#include <string>
#include <string_view>

namespace saker::vectors {

// The shortest useful request (38 bytes).
inline constexpr std::string_view plaintext_minimal =
    "GET /plaintext HTTP/1.1\r\n"
    "Host: a\r\n"
    "\r\n";

// What wrk sends in the TechEmpower plaintext test.
inline constexpr std::string_view plaintext_techempower =
    "GET /plaintext HTTP/1.1\r\n"
    "Host: tfb-server:8080\r\n"
    "Accept: "
    "text/plain,text/html;q=0.9,application/xhtml+xml;q=0.9,application/xml;q=0.8,*/*;q=0.7\r\n"
    "Connection: keep-alive\r\n"
    "\r\n";

// What Chrome sends for a page.
inline constexpr std::string_view browser_headers =
    "GET /search?q=server+engine&hl=en HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36\r\n"
    "Accept: "
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: none\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-User: ?1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n"
    "\r\n";

// Sixteen plaintext requests in one piece, as wrk's pipeline script sends them.
inline std::string pipelined_16() {
    std::string text;
    for (int i = 0; i < 16; ++i) text += plaintext_techempower;
    return text;
}

}  // namespace saker::vectors

// See access_format.h. NCSA's combined format as Apache and nginx write it; W3C's extended format
// with the fields and units of IIS; JSON with one object a line.

#include "hosting/diagnostics/access_format.h"

#include "hosting/diagnostics/json_text.h"

#include <charconv>

namespace saker::diagnostics {
namespace {

using std::chrono::nanoseconds;

// Longer than anything that the default limits let in but headers; of those the rest says little.
constexpr size_t most_bytes_of_a_field = 8192;

constexpr char hexadecimal[] = "0123456789ABCDEF";

void append_number(std::string& out, uint64_t value) {
    char text[20];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void append_padded(std::string& out, unsigned value, size_t digits) {
    char text[10];
    for (size_t at = digits; at-- > 0; value /= 10) text[at] = static_cast<char>('0' + value % 10);
    out.append(text, digits);
}

// "12.345" of 12,345,678 ns.
void append_milliseconds(std::string& out, nanoseconds duration) {
    const auto microseconds =
        static_cast<uint64_t>(duration.count() < 0 ? 0 : duration.count()) / 1000;
    append_number(out, microseconds / 1000);
    out += '.';
    append_padded(out, static_cast<unsigned>(microseconds % 1000), 3);
}

struct moment {
    std::chrono::year_month_day date;
    std::chrono::hh_mm_ss<std::chrono::milliseconds> time;
};

moment moment_of(nanoseconds since_1970) {
    const auto when = std::chrono::floor<std::chrono::milliseconds>(
        std::chrono::sys_time<nanoseconds>(since_1970));
    const auto day = std::chrono::floor<std::chrono::days>(when);
    return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss(when - day)};
}

void append_date(std::string& out, const moment& when) {
    append_padded(out, static_cast<unsigned>(int{when.date.year()}), 4);
    out += '-';
    append_padded(out, unsigned{when.date.month()}, 2);
    out += '-';
    append_padded(out, unsigned{when.date.day()}, 2);
}

void append_time(std::string& out, const moment& when) {
    append_padded(out, static_cast<unsigned>(when.time.hours().count()), 2);
    out += ':';
    append_padded(out, static_cast<unsigned>(when.time.minutes().count()), 2);
    out += ':';
    append_padded(out, static_cast<unsigned>(when.time.seconds().count()), 2);
}

// "[10/Oct/2000:13:55:36 +0000]"
void append_common_date(std::string& out, const moment& when) {
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    out += '[';
    append_padded(out, unsigned{when.date.day()}, 2);
    out += '/';
    out += months.substr((unsigned{when.date.month()} - 1) * 3, 3);
    out += '/';
    append_padded(out, static_cast<unsigned>(int{when.date.year()}), 4);
    out += ':';
    append_time(out, when);
    out += " +0000]";
}

// "127.0.0.1" and "50000" of "127.0.0.1:50000"; neither of a Unix domain socket's client.
struct client_parts {
    std::string_view address, port;
};
client_parts parts_of(std::string_view client) noexcept {
    if (client.empty() || client.starts_with("unix:")) return {};
    const size_t colon = client.rfind(':');
    client_parts parts{client.substr(0, colon), {}};
    if (colon != std::string_view::npos) parts.port = client.substr(colon + 1);
    if (parts.address.starts_with('[') && parts.address.ends_with(']'))
        parts.address = parts.address.substr(1, parts.address.size() - 2);
    return parts;
}

// ---- NCSA ----

// As Apache: inside quotes, what is not printable as \xHH.
void append_quoted_bytes(std::string& out, std::string_view text) {
    for (const char c : text.substr(0, most_bytes_of_a_field)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte >= 0x20 && byte < 0x7f) {
            out += c;
        } else {
            out += "\\x";
            out += hexadecimal[byte >> 4];
            out += hexadecimal[byte & 15];
        }
    }
    if (text.size() > most_bytes_of_a_field) out += "...";
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    append_quoted_bytes(out, text.empty() ? std::string_view("-") : text);
    out += '"';
}

void append_ncsa(std::string& out, const access_record& of) {
    const std::string_view address = parts_of(of.client).address;
    out += address.empty() ? std::string_view("-") : address;
    out += " - - ";
    append_common_date(out, moment_of(of.when));
    out += " \"";
    if (of.method.empty()) {
        append_quoted_bytes(out, of.line.empty() ? std::string_view("-") : of.line);
    } else {
        append_quoted_bytes(out, of.method);
        out += ' ';
        append_quoted_bytes(out, of.target);
        out += ' ';
        append_quoted_bytes(out, of.protocol);
    }
    out += "\" ";
    append_number(out, of.status);
    out += ' ';
    of.bytes == 0 ? void(out += '-') : append_number(out, of.bytes);
    out += ' ';
    append_quoted(out, of.referer);
    out += ' ';
    append_quoted(out, of.user_agent);
}

// ---- W3C ----

// As IIS: a space is a plus. What is not printable, and a quote, is %HH.
void append_word(std::string& out, std::string_view text) {
    if (text.empty()) {
        out += '-';
        return;
    }
    for (const char c : text.substr(0, most_bytes_of_a_field)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == ' ') {
            out += '+';
        } else if (byte > 0x20 && byte < 0x7f && c != '"') {
            out += c;
        } else {
            out += '%';
            out += hexadecimal[byte >> 4];
            out += hexadecimal[byte & 15];
        }
    }
    if (text.size() > most_bytes_of_a_field) out += "...";
}

constexpr std::string_view w3c_fields =
    "date time c-ip c-port cs-method cs-uri-stem cs-uri-query sc-status sc-bytes time-taken "
    "cs-version cs-host cs(User-Agent) cs(Referer)";

void append_w3c(std::string& out, const access_record& of) {
    const moment when = moment_of(of.when);
    const client_parts client = parts_of(of.client);
    const size_t question = of.target.find('?');
    append_date(out, when);
    out += ' ';
    append_time(out, when);
    for (const std::string_view word :
         {client.address, client.port, of.method, of.target.substr(0, question)}) {
        out += ' ';
        append_word(out, word);
    }
    out += ' ';
    append_word(out, question == std::string_view::npos ? std::string_view()
                                                        : of.target.substr(question + 1));
    out += ' ';
    append_number(out, of.status);
    out += ' ';
    append_number(out, of.bytes);
    out += ' ';
    append_milliseconds(out, of.duration);
    for (const std::string_view word : {of.protocol, of.host, of.user_agent, of.referer}) {
        out += ' ';
        append_word(out, word);
    }
}

// ---- JSON ----

void append_member(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out.append(",\"").append(name).append("\":");
    append_json_string(out, value.substr(0, most_bytes_of_a_field),
                       value.size() > most_bytes_of_a_field);
}

void append_json(std::string& out, const access_record& of) {
    const moment when = moment_of(of.when);
    out += "{\"time\":\"";
    append_date(out, when);
    out += 'T';
    append_time(out, when);
    out += '.';
    append_padded(out, static_cast<unsigned>(when.time.subseconds().count()), 3);
    out += "Z\",\"status\":";
    append_number(out, of.status);
    out += ",\"bytes\":";
    append_number(out, of.bytes);
    out += ",\"duration_ms\":";
    append_milliseconds(out, of.duration);
    append_member(out, "client", of.client);
    append_member(out, "id", of.id);
    append_member(out, "method", of.method);
    append_member(out, "target", of.target);
    append_member(out, "protocol", of.protocol);
    append_member(out, "scheme", of.scheme);
    append_member(out, "host", of.host);
    append_member(out, "route", of.route);
    append_member(out, "error", of.error);
    append_member(out, "line", of.line);
    append_member(out, "user_agent", of.user_agent);
    append_member(out, "referer", of.referer);
    out += '}';
}

}  // namespace

std::string access_header(access_format format, nanoseconds now) {
    if (format != access_format::w3c) return {};
    std::string header = "#Software: Saker\n#Version: 1.0\n#Start-Date: ";
    const moment when = moment_of(now);
    append_date(header, when);
    header += ' ';
    append_time(header, when);
    return header.append("\n#Fields: ").append(w3c_fields).append("\n");
}

void append_access_line(std::string& out, access_format format, const access_record& of) {
    switch (format) {
        case access_format::off: return;
        case access_format::ncsa: append_ncsa(out, of); break;
        case access_format::w3c: append_w3c(out, of); break;
        case access_format::json: append_json(out, of); break;
    }
    out += '\n';
}

}  // namespace saker::diagnostics

// One pass over the bytes with a stack of what is open. The rules are RFC 8259's with the two
// exceptions that .NET's configuration makes (JsonCommentHandling.Skip, AllowTrailingCommas);
// numbers and words are checked here, so that their text can be taken as it stands.

#include "hosting/configuration/json_text.h"

#include "core/base/log.h"

#include <vector>

namespace saker {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The length of the UTF-8 sequence at the beginning; 0 where it is none.
size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [&](size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const auto continues = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        const bool overlong = first == 0xe0 && byte(1) < 0xa0;
        const bool surrogate = first == 0xed && byte(1) > 0x9f;
        return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const bool overlong = first == 0xf0 && byte(1) < 0x90;
        const bool too_large = first == 0xf4 && byte(1) > 0x8f;
        return continues(1) && continues(2) && continues(3) && !overlong && !too_large ? 4 : 0;
    }
    return 0;
}

class scanner {
public:
    explicit scanner(std::string& text) noexcept : text_(text) {}

    std::optional<json_mistake> run() {
        if (text_.starts_with(byte_order_mark)) blank(0, byte_order_mark.size());
        if (text_.starts_with("\xff\xfe") || text_.starts_with("\xfe\xff"))
            wrong(0, "the file is UTF-16; expected UTF-8");
        while (!mistake_ && skip_blanks() && at_ < text_.size() && step()) {}
        if (!mistake_ && at_ >= text_.size()) check_end();
        return std::move(mistake_);
    }

private:
    enum class expecting {
        root,
        value,
        value_or_end,
        key,
        key_or_end,
        colon,
        comma_or_end,
        nothing
    };

    bool wrong(size_t offset, std::string what) {
        mistake_ = json_mistake{offset, std::move(what)};
        return false;
    }
    bool unexpected(std::string_view expected) {
        return wrong(at_, "found " + found() + "; expected " + std::string(expected));
    }
    std::string found() const {
        if (at_ >= text_.size()) return "the end of the file";
        const size_t size = utf8_length(std::string_view(text_).substr(at_));
        const bool shown = size > 1 || (text_[at_] > ' ' && text_[at_] < 0x7f);
        return '\'' + (shown ? text_.substr(at_, size) : escape(text_.substr(at_, 1))) + '\'';
    }
    void blank(size_t from, size_t to) {
        for (size_t i = from; i < to; ++i)
            if (text_[i] != '\n' && text_[i] != '\r') text_[i] = ' ';
    }

    bool skip_blanks() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
                ++at_;
            else if (c != '/')
                break;
            else if (!skip_comment())
                return false;
        }
        return true;
    }
    bool skip_comment() {
        const std::string_view start = std::string_view(text_).substr(at_, 2);
        size_t end = 0;
        if (start == "//") {
            end = std::min(text_.find_first_of("\r\n", at_), text_.size());
        } else if (start == "/*") {
            end = text_.find("*/", at_ + 2);
            if (end == std::string::npos) return wrong(at_, "the comment is not closed by '*/'");
            end += 2;
        } else {
            return unexpected(expected());
        }
        for (size_t i = at_; i < end;) {
            const size_t size = utf8_length(std::string_view(text_).substr(i, end - i));
            if (size == 0) return wrong(i, "the byte " + found_byte(i) + " is not UTF-8");
            i += size;
        }
        blank(at_, end);
        at_ = end;
        return true;
    }
    std::string found_byte(size_t offset) const {
        constexpr char digits[] = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(text_[offset]);
        return std::string("0x") + digits[byte >> 4] + digits[byte & 15];
    }

    std::string_view expected() const noexcept {
        switch (expect_) {
            case expecting::root: return "'{': the file is one JSON object";
            case expecting::value: return "a value";
            case expecting::value_or_end: return "a value or ']'";
            case expecting::key: return "a key in double quotes";
            case expecting::key_or_end: return "a key in double quotes or '}'";
            case expecting::colon: return "':' between the key and its value";
            case expecting::comma_or_end:
                return open_.back() == '{' ? "',' or '}' behind the value"
                                           : "',' or ']' behind the value";
            case expecting::nothing: break;
        }
        return "nothing behind the object's '}'";
    }

    bool step() {
        const char c = text_[at_];
        switch (expect_) {
            case expecting::root: return c == '{' ? open(c) : unexpected(expected());
            case expecting::value:
            case expecting::value_or_end:
                if (c == ']' && closes(c)) return close();
                return value(c);
            case expecting::key:
            case expecting::key_or_end:
                if (c == '}' && closes(c)) return close();
                if (c != '"') return unexpected(expected());
                expect_ = expecting::colon;
                return string();
            case expecting::colon:
                if (c != ':') return unexpected(expected());
                expect_ = expecting::value;
                comma_ = none;
                ++at_;
                return true;
            case expecting::comma_or_end:
                if (c == ',') return comma();
                if (c == (open_.back() == '{' ? '}' : ']')) return close();
                return unexpected(expected());
            case expecting::nothing: break;
        }
        return unexpected(expected());
    }

    bool open(char c) {
        if (open_.size() == deepest_json)
            return wrong(
                at_, "objects and arrays are nested deeper than " + std::to_string(deepest_json));
        open_.push_back(c);
        expect_ = c == '{' ? expecting::key_or_end : expecting::value_or_end;
        comma_ = none;
        ++at_;
        return true;
    }
    // Right behind the opening, or behind a comma, which .NET allows.
    bool closes(char c) const noexcept {
        const bool fits = !open_.empty() && open_.back() == (c == '}' ? '{' : '[');
        return fits && (comma_ != none || expect_ == expecting::value_or_end ||
                        expect_ == expecting::key_or_end);
    }
    bool close() {
        if (comma_ != none) text_[comma_] = ' ';
        open_.pop_back();
        ++at_;
        valued();
        return true;
    }
    void valued() noexcept {
        comma_ = none;
        expect_ = open_.empty() ? expecting::nothing : expecting::comma_or_end;
    }
    bool comma() {
        comma_ = at_++;
        expect_ = open_.back() == '{' ? expecting::key : expecting::value;
        return true;
    }

    bool value(char c) {
        if (c == '{' || c == '[') return open(c);
        if (c != '"' && c != '-' && !is_digit(c) && c != 't' && c != 'f' && c != 'n')
            return unexpected(expected());
        const bool good = c == '"' ? string() : (c == '-' || is_digit(c)) ? number() : word();
        if (good) valued();
        return good;
    }
    bool word() {
        for (const std::string_view known : {"true", "false", "null"}) {
            if (!std::string_view(text_).substr(at_).starts_with(known)) continue;
            at_ += known.size();
            return token_ends("the word");
        }
        return unexpected("a value: a text in double quotes, a number, true, false or null");
    }
    bool token_ends(std::string_view what) {
        if (at_ >= text_.size() ||
            std::string_view(" \t\r\n,]}/").find(text_[at_]) != std::string_view::npos)
            return true;
        return unexpected("',' or the end of what is open behind " + std::string(what));
    }
    bool number() {
        if (text_[at_] == '-') ++at_;
        const size_t whole = at_;
        if (!digits()) return false;
        if (text_[whole] == '0' && at_ - whole > 1)
            return wrong(whole, "a number does not begin with the zero of " +
                                    text_.substr(whole, at_ - whole));
        if (at_ < text_.size() && text_[at_] == '.') {
            ++at_;
            if (!digits()) return false;
        }
        if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
            ++at_;
            if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
            if (!digits()) return false;
        }
        return token_ends("the number");
    }
    bool digits() {
        const size_t first = at_;
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        return at_ != first || unexpected("a digit");
    }

    bool string() {
        const size_t first = at_++;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return true;
            }
            if (c == '\n' || c == '\r')
                return wrong(first, "the text is not closed by a quote before the end of its line");
            if (static_cast<unsigned char>(c) < 0x20)
                return wrong(at_,
                             "the control character " + found_byte(at_) +
                                 " stands in a text; expected an escape such as \\t or \\u0001");
            if (c == '\\' ? !escaped() : !plain()) return false;
        }
        return wrong(first, "the text is not closed by a quote");
    }
    bool plain() {
        const size_t size = utf8_length(std::string_view(text_).substr(at_));
        if (size == 0) return wrong(at_, "the byte " + found_byte(at_) + " is not UTF-8");
        at_ += size;
        return true;
    }
    bool escaped() {
        const size_t first = at_++;
        const char c = at_ < text_.size() ? text_[at_] : '\0';
        if (c != 'u') {
            if (c == '\0' || std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos)
                return wrong(
                    first,
                    "found an unknown escape; expected one of \\\" \\\\ \\/ \\b \\f \\n \\r "
                    "\\t \\uXXXX (a backslash itself is \\\\)");
            ++at_;
            return true;
        }
        const unsigned unit = code_unit();
        if (mistake_) return false;
        if (unit >= 0xdc00 && unit <= 0xdfff) return wrong(first, "a low surrogate stands alone");
        if (unit < 0xd800 || unit > 0xdbff) return true;
        if (std::string_view(text_).substr(at_, 2) != "\\u")
            return wrong(first, "a high surrogate stands alone");
        ++at_;
        const unsigned low = code_unit();
        if (mistake_) return false;
        return (low >= 0xdc00 && low <= 0xdfff) || wrong(first, "a high surrogate stands alone");
    }
    // From the 'u' on.
    unsigned code_unit() {
        unsigned unit = 0;
        ++at_;
        for (int i = 0; i < 4; ++i, ++at_) {
            if (at_ >= text_.size() || !is_hex(text_[at_])) {
                unexpected("four hexadecimal digits behind \\u");
                return 0;
            }
            const auto c = static_cast<unsigned>(text_[at_]);
            unit = unit * 16 + (is_digit(text_[at_]) ? c - '0' : (c | 32u) - 'a' + 10);
        }
        return unit;
    }

    void check_end() {
        if (expect_ == expecting::nothing) return;
        if (expect_ == expecting::root)
            wrong(at_, "the file is empty; expected a JSON object, {} at least");
        else
            unexpected(open_.back() == '{' ? "'}': the object is not closed"
                                           : "']': the array is not closed");
    }

    static constexpr size_t none = std::string::npos;
    std::string& text_;
    size_t at_ = 0;
    size_t comma_ = none;  // the one right before what comes next
    expecting expect_ = expecting::root;
    std::vector<char> open_;
    std::optional<json_mistake> mistake_;
};

}  // namespace

std::optional<json_mistake> make_plain_json(std::string& text) { return scanner(text).run(); }

text_position text_positions::at(size_t offset) noexcept {
    for (; looked_ < offset && looked_ < text_.size(); ++looked_)
        if (text_[looked_] == '\n') {
            ++line_;
            line_start_ = looked_ + 1;
        }
    return {line_, offset - line_start_ + 1};
}

}  // namespace saker

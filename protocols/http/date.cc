// Days to a civil date by the well-known algorithm on eras of 400 years that begin in March, so
// that the leap day is the last of a year (H. Hinnant, "chrono-compatible low-level date
// algorithms").

#include "protocols/http/date.h"

#include <cstring>

namespace saker {
namespace {

constexpr char day_names[] = "SunMonTueWedThuFriSat";
constexpr char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr int64_t seconds_a_day = 86400;

struct civil_date {
    uint32_t year;
    uint32_t month;  // 1..12
    uint32_t day;    // 1..31
};

civil_date civil_from_days(uint32_t days_since_epoch) noexcept {
    const uint32_t days = days_since_epoch + 719468;  // since 0000-03-01
    const uint32_t era = days / 146097;
    const uint32_t day_of_era = days - era * 146097;
    const uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const uint32_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const uint32_t march_month = (5 * day_of_year + 2) / 153;
    const uint32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
            day_of_year - (153 * march_month + 2) / 5 + 1};
}

void two_digits(char* out, uint32_t value) noexcept {
    out[0] = static_cast<char>('0' + value / 10);
    out[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

void format_http_date(int64_t seconds_since_epoch, char* out) noexcept {
    const auto days = static_cast<uint32_t>(seconds_since_epoch / seconds_a_day);
    const auto second_of_day = static_cast<uint32_t>(seconds_since_epoch % seconds_a_day);
    const civil_date date = civil_from_days(days);
    std::memcpy(out, "Thu, 01 Jan 1970 00:00:00 GMT", http_date_size);
    std::memcpy(out, day_names + 3 * ((days + 4) % 7), 3);  // the epoch was a Thursday
    two_digits(out + 5, date.day);
    std::memcpy(out + 8, month_names + 3 * (date.month - 1), 3);
    two_digits(out + 12, date.year / 100);
    two_digits(out + 14, date.year % 100);
    two_digits(out + 17, second_of_day / 3600);
    two_digits(out + 20, second_of_day / 60 % 60);
    two_digits(out + 23, second_of_day % 60);
}

}  // namespace saker

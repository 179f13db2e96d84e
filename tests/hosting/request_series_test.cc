// Which series there are: the same labels are one series, and there is an end to how many.

#include "hosting/diagnostics/request_series.h"

#include <gtest/gtest.h>

#include <string>

namespace saker::diagnostics {
namespace {

request_labels answered(std::string_view route, uint16_t status = 200) {
    request_labels of;
    of.route = route;
    of.verb = method::get;
    of.status = status;
    return of;
}

TEST(request_series, labels_are_those_of_open_telemetry) {
    request_series all;
    const auto text = [&](const request_labels& of) { return all.labels(all.number_of(of)); };
    EXPECT_EQ(text(answered("/users/{id}")),
              "http_request_method=\"GET\",http_response_status_code=\"200\","
              "http_route=\"/users/{id}\",network_protocol_version=\"1.1\",url_scheme=\"http\"");
    EXPECT_EQ(text(answered({}, 503)),
              "error_type=\"503\",http_request_method=\"GET\",http_response_status_code=\"503\","
              "network_protocol_version=\"1.1\",url_scheme=\"http\"");
    request_labels over_tls = answered({});
    over_tls.secure = true;
    EXPECT_EQ(text(over_tls),
              "http_request_method=\"GET\",http_response_status_code=\"200\","
              "network_protocol_version=\"1.1\",url_scheme=\"https\"");
    request_labels over_http2 = over_tls;
    over_http2.version = http_version::http2;
    EXPECT_EQ(text(over_http2),
              "http_request_method=\"GET\",http_response_status_code=\"200\","
              "network_protocol_version=\"2\",url_scheme=\"https\"");
    request_labels other = answered({}, 0);
    other.verb = method::custom;
    other.version = http_version::http10;
    request_outcome gone;
    gone.ended = end_reason::connection_reset;
    other.failure = request_error(gone);
    EXPECT_EQ(text(other),
              "error_type=\"connection_reset\",http_request_method=\"_OTHER\","
              "network_protocol_version=\"1.0\",url_scheme=\"http\"");
}

TEST(request_series, each_reason_has_a_name_of_its_own) {
    request_outcome outcome;
    for (size_t i = 1; i < end_reason_count; ++i) {
        outcome.ended = static_cast<end_reason>(i);
        EXPECT_EQ(request_error(outcome).name(), name(outcome.ended));
    }
    for (size_t i = 1; i < rejection_reason_count; ++i) {
        outcome.rejection = static_cast<rejection_reason>(i);
        EXPECT_EQ(request_error(outcome).name(), name(outcome.rejection)) << "it was there first";
    }
    EXPECT_EQ(request_error(request_outcome()).name(), "");
    outcome = {};
    outcome.threw = true;
    EXPECT_EQ(request_error(outcome).name(), "unhandled_exception");
}

TEST(request_series, the_same_labels_are_one_series_wherever_their_text_lies) {
    request_series all;
    const std::string one = "/a", same = "/a";
    EXPECT_EQ(all.number_of(answered(one)), all.number_of(answered(same)));
    EXPECT_NE(all.number_of(answered(one)), all.number_of(answered(one, 404)));
}

TEST(request_series, what_finds_no_room_is_counted_together) {
    request_series all;
    for (size_t i = 1; i < request_series::most; ++i)
        EXPECT_EQ(all.number_of(answered("/" + std::to_string(i))), i);
    EXPECT_EQ(all.number_of(answered("/one/more")), request_series::overflow);
    EXPECT_EQ(all.number_of(answered("/1")), 1u) << "those that are known stay";
    EXPECT_EQ(all.count(), request_series::most);
    EXPECT_EQ(all.labels(request_series::overflow), "otel_metric_overflow=\"true\"");
}

}  // namespace
}  // namespace saker::diagnostics

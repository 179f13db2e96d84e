// See serve_http2.h.

#include "tests/support/serve_http2.h"

namespace saker::test {

std::vector<setting> every_http2_setting() {
    std::vector<setting> all = every_setting();
    // Records are cut as frames are: once a transport is enough.
    all.push_back({"epoll", delivery::cut, "tls"});
    all.push_back({"io_uring", delivery::whole, "tls"});
    all.push_back({"memory", delivery::byte_by_byte, "tls"});
    return all;
}

std::vector<setting> whole_http2_settings() {
    std::vector<setting> all = whole_settings();
    all.push_back({"memory", delivery::whole, "tls"});
    return all;
}

void served_http2::SetUp() {
    served_tls::SetUp();
    in_clear = GetParam().variant != "tls";
    chosen.application_protocols = {"h2"};
}

http2_client& served_http2::client(size_t which) {
    while (clients_.size() <= which) new_client();
    return *clients_[which];
}

http2_client& served_http2::new_client(peer_options how) {
    conversation* wire = nullptr;
    if (in_clear)
        wire = &served::new_client(how);
    else
        wire = &open_tls(chosen, how);
    clients_.push_back(std::make_unique<http2_client>(*wire, scheme()));
    return *clients_.back();
}

conversation& served_http2::http1_client() {
    if (in_clear) return served::new_client();
    tls_client_options with = chosen;
    with.application_protocols = {"http/1.1"};
    return open_tls(with);
}

http2::fields served_http2::common(int status, const http2::fields& more) const {
    http2::fields all = {
        {":status", std::to_string(status)}, {"server", "Saker"}, {"date", date().substr(6)}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

void served_http2::expect_error(http2_client& of, http2::error_code code, end_reason why,
                                std::optional<uint32_t> last_stream) {
    of.receive_error(code, last_stream);
    EXPECT_EQ(name(ended()), name(why));
}

void served_http2::expect_error(http2::error_code code, end_reason why,
                                std::optional<uint32_t> last_stream) {
    expect_error(client(), code, why, last_stream);
}

void served_http2::expect_another_is_served() {
    http2_client& other = new_client();
    other.start();
    other.get(1, "/other");
    other.receive_headers(1, 200);
    EXPECT_FALSE(other.read_body(1).empty());
    other.vanish();
}

void served_http2::leave() {
    for (const auto& one : clients_) {
        if (one == nullptr || one->wire().was_reset()) continue;
        one->settle();
        if (!one->gone()) one->receive_nothing();
        one->ignore();
    }
    clients_.clear();
    served_tls::leave();
}

}  // namespace saker::test

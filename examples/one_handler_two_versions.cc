// A handler that HTTP/1.1 and HTTP/2 serve alike: a body of unknown length, a trailer behind it,
// and a client that goes away is noticed. The port speaks both: HTTP/2's first bytes tell. Try:
// curl -v http://127.0.0.1:8080/count/3
//      curl -v --http2-prior-knowledge http://127.0.0.1:8080/count/3

#include <saker/saker.h>

#include <charconv>
#include <string>
#include <string_view>

namespace {

constexpr uint32_t refused_stream = 7;  // RFC 9113 7: the client may ask again

saker::task<> count(saker::request& request, saker::response& response) {
    const std::string_view asked = request.route_value("to");
    unsigned to = 0;
    if (std::from_chars(asked.data(), asked.data() + asked.size(), to).ec != std::errc()) {
        response.status(400).text("a number is wanted\n");
        co_return;
    }
    // Over HTTP/2 the stream alone; HTTP/1.1 knows nothing smaller than its connection.
    if (to > 1'000'000) co_return response.reset(refused_stream);

    unsigned said = 0;
    for (; said < to; ++said) {
        // False when the client has cancelled the request, or is gone.
        if (!co_await response.body().write(std::to_string(said + 1) + "\n")) break;
    }
    response.trailer("Counted-To", std::to_string(said));
    response.trailer("Served-By", request.protocol());
}

}  // namespace

int main(int argument_count, char** given) {
    saker::server server;
    server.listen(argument_count > 1 ? given[1] : "http://127.0.0.1:8080");
    server.get("/count/{to}", count);
    return server.run();
}

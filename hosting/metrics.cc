// The handler of the page of metrics.

#include <saker/metrics.h>

#include "hosting/diagnostics/metrics_page.h"
#include "hosting/server_host.h"

#include <saker/server.h>

namespace saker {
namespace {

// A page that is smaller is sent whole, with its length.
constexpr size_t piece_size = 32 * 1024;

}  // namespace

metrics::metrics(const server& of) noexcept : of_(of.host_->recorder()) {}

task<> metrics::operator()(request&, response& answered) const {
    answered.content_type(diagnostics::metrics_content_type).header("Cache-Control", "no-store");
    diagnostics::metrics_page page(of_);
    std::string piece;
    bool more = page.next(piece, piece_size);
    if (!more) co_return answered.text(piece);
    for (;;) {
        if (!co_await answered.body().write(piece) || !more) co_return;
        piece.clear();
        more = page.next(piece, piece_size);
    }
}

std::string metrics::text() const {
    std::string all;
    diagnostics::metrics_page page(of_);
    while (page.next(all, piece_size)) {}
    return all;
}

}  // namespace saker

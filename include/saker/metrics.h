#pragma once
// What a server measures, always on, as Prometheus' text (format 0.0.4): Kestrel's and
// OpenTelemetry's instruments, and the engine's own. docs/metrics.md says what each of them means
// and what to watch.
//
//     server.get("/metrics", saker::metrics(server));
//
// It shows what every client may see that can reach it: mount it on a server of its own that only
// your network reaches, unless the application's addresses are that.

#include <saker/request.h>
#include <saker/response.h>
#include <saker/task.h>

#include <memory>
#include <string>

namespace saker {

class server;
namespace diagnostics {
class server_recorder;
}

// A handler for the routes of any server, and for the server that it shows. Made before or after
// the start; may be copied, and go on to be used when the server was moved or is gone.
class metrics {
public:
    explicit metrics(const server& of) noexcept;
    // Made and sent piece by piece: thousands of series do not keep the core from its connections.
    [[nodiscard]] task<> operator()(request&, response&) const;
    // The whole page at once. Any thread.
    [[nodiscard]] std::string text() const;

private:
    std::shared_ptr<const diagnostics::server_recorder> of_;
};

}  // namespace saker

// Requests that are answered by another thread: whoever asks for the next tick waits until the
// clock thread ticks, twice a second. A responder may be used on any thread, also when its client
// is gone. Try: curl http://127.0.0.1:8080/tick

#include <saker/saker.h>

#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

class clock_thread {
public:
    void add(saker::responder waiting) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(waiting));
    }

private:
    void run(const std::stop_token& stop) {
        for (int tick = 1; !stop.stop_requested(); ++tick) {
            std::this_thread::sleep_for(std::chrono::milliseconds(500));
            std::vector<saker::responder> all;
            {
                const std::lock_guard lock(mutex_);
                all.swap(waiting_);
            }
            for (saker::responder& one : all) one.text("tick " + std::to_string(tick) + '\n');
        }
    }
    std::mutex mutex_;
    std::vector<saker::responder> waiting_;
    std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }};
};

}  // namespace

int main(int count, char** given) {
    clock_thread clock;
    saker::server server;
    server.listen(count > 1 ? given[1] : "http://127.0.0.1:8080");
    server.get("/tick", [&clock](saker::request&, saker::response& response) {
        clock.add(response.defer());  // and the handler returns without an answer
    });
    return server.run();
}

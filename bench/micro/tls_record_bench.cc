// What OpenSSL's own calls cost a server for data: a short request read and a short answer written,
// and 64 KiB and 1 MiB each way, TLS 1.3 with AES-128-GCM. The client's records are made beforehand
// and do not count. The last one counts what an idle connection keeps on the heap.

#include "bench/micro/tls_pair.h"

#include <benchmark/benchmark.h>
#include <malloc.h>
#include <openssl/crypto.h>

namespace saker::tls_bench {
namespace {

// OpenSSL's heap, counted in what malloc really gave. Off while time is measured.
struct counted_heap {
    static inline bool counting = false;
    static inline int64_t bytes = 0;

    static void* allocate(size_t size, const char*, int) {
        void* made = std::malloc(size);
        if (counting && made != nullptr) bytes += usable(made);
        return made;
    }
    static void* resize(void* old, size_t size, const char*, int) {
        if (counting && old != nullptr) bytes -= usable(old);
        void* made = std::realloc(old, size);
        if (counting && made != nullptr) bytes += usable(made);
        return made;
    }
    static void release(void* old, const char*, int) {
        if (counting && old != nullptr) bytes -= usable(old);
        std::free(old);
    }
    static int64_t usable(void* of) noexcept {
        return static_cast<int64_t>(malloc_usable_size(of));
    }
};
// Only taken before OpenSSL's first allocation.
const bool heap_is_counted =
    CRYPTO_set_mem_functions(counted_heap::allocate, counted_heap::resize, counted_heap::release);

constexpr size_t batch = 1000;
const std::string request =
    "GET /plaintext HTTP/1.1\r\nHost: localhost:8443\r\nUser-Agent: bench/1.0\r\n"
    "Accept: text/plain, */*;q=0.5\r\n\r\n";
const std::string answer =
    "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nDate: Sat, 28 Nov 2026 03:07:06 GMT\r\n"
    "Server: saker\r\nContent-Type: text/plain\r\n\r\nHello, World!";

// `count` messages of the client, each as the records that it takes.
std::vector<std::string> records_of(tls_pair& pair, std::string_view message, size_t count) {
    std::vector<std::string> made(count);
    for (std::string& one : made) {
        require(SSL_write(pair.client(), message.data(), static_cast<int>(message.size())) > 0,
                "SSL_write of the client");
        one.assign(pair.client_wire.sent());
        pair.client_wire.written = 0;
    }
    return made;
}

void answer_each(benchmark::State& state, tls_pair& pair, const std::vector<std::string>& records) {
    char text[4096];
    const auto answer_size = static_cast<int>(answer.size());
    for (const std::string& each : records) {
        pair.give_server(each);
        if (SSL_read(pair.server(), text, sizeof text) != static_cast<int>(request.size()) ||
            SSL_write(pair.server(), answer.data(), answer_size) != answer_size)
            return state.SkipWithError("a request was not answered");
        pair.forget_sent();
    }
}

void per_request(benchmark::State& state, size_t items) {
    const auto all = static_cast<double>(state.iterations()) * static_cast<double>(items);
    state.SetItemsProcessed(static_cast<int64_t>(all));
    state.counters["time/request"] =
        benchmark::Counter(all, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void request_and_answer(benchmark::State& state, const pair_options& options) {
    const contexts of(options);
    tls_pair pair(of, nullptr);
    pair.shake_hands();
    pair.forget_sent();
    for (auto _ : state) {
        const auto records = records_of(pair, request, batch);
        const double before = cpu_now();
        answer_each(state, pair, records);
        state.SetIterationTime(cpu_now() - before);
    }
    per_request(state, batch);
}

void tls_request_flat(benchmark::State& state) { request_and_answer(state, {}); }
void tls_request_flat_read_ahead(benchmark::State& state) {
    request_and_answer(state, {.read_ahead = true});
}
void tls_request_flat_release_buffers(benchmark::State& state) {
    request_and_answer(state, {.release_buffers = true});
}
void tls_request_flat_release_buffers_read_ahead(benchmark::State& state) {
    request_and_answer(state, {.release_buffers = true, .read_ahead = true});
}
void tls_request_memory_bio(benchmark::State& state) {
    request_and_answer(state, {.memory_bio = true});
}
void tls_request_memory_bio_release_buffers(benchmark::State& state) {
    request_and_answer(state, {.release_buffers = true, .memory_bio = true});
}
BENCHMARK(tls_request_flat)->UseManualTime();
BENCHMARK(tls_request_flat_read_ahead)->UseManualTime();
BENCHMARK(tls_request_flat_release_buffers)->UseManualTime();
BENCHMARK(tls_request_flat_release_buffers_read_ahead)->UseManualTime();
BENCHMARK(tls_request_memory_bio)->UseManualTime();
BENCHMARK(tls_request_memory_bio_release_buffers)->UseManualTime();

// Both ways in pieces of a record, as a server with 16 KiB of room would.
constexpr size_t record = 16 * 1024;

void bulk_write(benchmark::State& state, const pair_options& options) {
    const contexts of(options);
    tls_pair pair(of, nullptr);
    pair.shake_hands();
    pair.forget_sent();
    const auto size = static_cast<size_t>(state.range(0));
    const std::string body(size, 'x');
    pair.server_wire.out.resize(size + size / 64 + 4096);
    for (auto _ : state) {
        const double before = cpu_now();
        for (size_t at = 0; at < size; at += record)
            require(SSL_write(pair.server(), body.data() + at, record) > 0, "SSL_write");
        state.SetIterationTime(cpu_now() - before);
        pair.forget_sent();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(size));
}

void bulk_read(benchmark::State& state, const pair_options& options) {
    const contexts of(options);
    tls_pair pair(of, nullptr);
    pair.shake_hands();
    const auto size = static_cast<size_t>(state.range(0));
    const std::string body(size, 'x');
    std::vector<char> into(record);
    for (auto _ : state) {
        const std::string sent = records_of(pair, body, 1).front();
        pair.give_server(sent);
        const double before = cpu_now();
        for (size_t at = 0; at < size;) {
            const int got = SSL_read(pair.server(), into.data(), record);
            require(got > 0, "SSL_read");
            at += static_cast<size_t>(got);
        }
        state.SetIterationTime(cpu_now() - before);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(size));
}

void tls_write_flat(benchmark::State& state) { bulk_write(state, {}); }
void tls_write_flat_release_buffers(benchmark::State& state) {
    bulk_write(state, {.release_buffers = true});
}
void tls_write_memory_bio(benchmark::State& state) { bulk_write(state, {.memory_bio = true}); }
void tls_read_flat(benchmark::State& state) { bulk_read(state, {}); }
void tls_read_flat_read_ahead(benchmark::State& state) { bulk_read(state, {.read_ahead = true}); }
void tls_read_flat_release_buffers(benchmark::State& state) {
    bulk_read(state, {.release_buffers = true});
}
void tls_read_memory_bio(benchmark::State& state) { bulk_read(state, {.memory_bio = true}); }
void sizes(benchmark::internal::Benchmark* of) { of->Arg(65536)->Arg(1048576)->UseManualTime(); }
BENCHMARK(tls_write_flat)->Apply(sizes);
BENCHMARK(tls_write_flat_release_buffers)->Apply(sizes);
BENCHMARK(tls_write_memory_bio)->Apply(sizes);
BENCHMARK(tls_read_flat)->Apply(sizes);
BENCHMARK(tls_read_flat_read_ahead)->Apply(sizes);
BENCHMARK(tls_read_flat_release_buffers)->Apply(sizes);
BENCHMARK(tls_read_memory_bio)->Apply(sizes);

// Heap bytes of one server's SSL with its BIO, from SSL_new to after one request; the client's and
// the contexts' are made outside, the flat buffers are not OpenSSL's.
enum class freeing : uint8_t { nothing, after_request };

void idle_heap(benchmark::State& state, const pair_options& options, freeing then) {
    if (!heap_is_counted) return state.SkipWithError("OpenSSL has allocated before");
    const contexts of(options);
    double sum = 0;
    for (auto _ : state) {
        // SSL_free gives back what the ends of `pair` hold, so the difference is the server's.
        tls_pair pair(of, nullptr);
        pair.shake_hands();
        const auto records = records_of(pair, request, 1);
        answer_each(state, pair, records);
        if (then == freeing::after_request && SSL_free_buffers(pair.server()) != 1)
            return state.SkipWithError("SSL_free_buffers refused");
        counted_heap::bytes = 0;
        counted_heap::counting = true;
        pair.free_server();
        counted_heap::counting = false;
        sum -= static_cast<double>(counted_heap::bytes);
    }
    state.counters["heap_bytes"] = sum / static_cast<double>(state.iterations());
}

void tls_idle_heap(benchmark::State& state) { idle_heap(state, {}, freeing::nothing); }
void tls_idle_heap_free_buffers(benchmark::State& state) {
    idle_heap(state, {}, freeing::after_request);
}
void tls_idle_heap_release_buffers(benchmark::State& state) {
    idle_heap(state, {.release_buffers = true}, freeing::nothing);
}
void tls_idle_heap_release_and_free_buffers(benchmark::State& state) {
    idle_heap(state, {.release_buffers = true}, freeing::after_request);
}
BENCHMARK(tls_idle_heap)->Iterations(20);
BENCHMARK(tls_idle_heap_free_buffers)->Iterations(20);
BENCHMARK(tls_idle_heap_release_buffers)->Iterations(20);
BENCHMARK(tls_idle_heap_release_and_free_buffers)->Iterations(20);

}  // namespace
}  // namespace saker::tls_bench

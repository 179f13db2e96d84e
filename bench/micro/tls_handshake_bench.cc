// What a handshake costs a server's processor: the time of SSL_accept's calls alone, full with both
// kinds of keys and resumed by a ticket. SSL_new with its BIO, and SSL_free, are counted beside it.

#include "bench/micro/tls_pair.h"

#include <benchmark/benchmark.h>

namespace saker::tls_bench {
namespace {

enum class begun : uint8_t { anew, from_ticket };

void handshake(benchmark::State& state, const pair_options& options, begun how) {
    contexts of(options);
    if (how == begun::from_ticket) {
        tls_pair(of, nullptr).shake_hands();
        if (of.session == nullptr) return state.SkipWithError("no ticket was given");
    }
    double around = 0;
    for (auto _ : state) {
        // Kept here: the handshake replaces it by the next one.
        const session_pointer session = std::move(of.session);
        tls_pair pair(of, how == begun::from_ticket ? session.get() : nullptr);
        state.SetIterationTime(pair.shake_hands());
        if ((SSL_session_reused(pair.server()) == 1) != (how == begun::from_ticket))
            return state.SkipWithError("not the kind of handshake that it should be");
        if (of.session == nullptr) of.session.reset(SSL_get1_session(pair.client()));
        around += pair.making_seconds + pair.free_server();
    }
    state.counters["new_and_free_us"] = around * 1e6 / static_cast<double>(state.iterations());
    state.SetItemsProcessed(state.iterations());
}

void tls13_full_ecdsa_p256(benchmark::State& state) { handshake(state, {}, begun::anew); }
void tls13_full_rsa_2048(benchmark::State& state) {
    handshake(state, {.key = key_kind::rsa_2048}, begun::anew);
}
void tls12_full_ecdsa_p256(benchmark::State& state) {
    handshake(state, {.version = TLS1_2_VERSION}, begun::anew);
}
void tls12_full_rsa_2048(benchmark::State& state) {
    handshake(state, {.key = key_kind::rsa_2048, .version = TLS1_2_VERSION}, begun::anew);
}
void tls13_resumed(benchmark::State& state) { handshake(state, {}, begun::from_ticket); }
void tls13_full_ecdsa_p256_group_p256(benchmark::State& state) {
    handshake(state, {.groups = "P-256"}, begun::anew);
}
void tls13_resumed_group_p256(benchmark::State& state) {
    handshake(state, {.groups = "P-256"}, begun::from_ticket);
}
void tls12_resumed(benchmark::State& state) {
    handshake(state, {.version = TLS1_2_VERSION}, begun::from_ticket);
}
BENCHMARK(tls13_full_ecdsa_p256)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(tls13_full_rsa_2048)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(tls12_full_ecdsa_p256)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(tls12_full_rsa_2048)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(tls13_resumed)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(tls13_full_ecdsa_p256_group_p256)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(tls13_resumed_group_p256)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(tls12_resumed)->UseManualTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace saker::tls_bench

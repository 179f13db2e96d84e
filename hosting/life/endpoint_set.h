#pragma once
// What a server listens on, while it runs: endpoints are opened, renewed in place and retired, as
// the options want it, without a moment in which a client would be refused at an address that was
// and will be listened on. All of a change happens, or nothing of it. One thread at a time.

#include "core/connection/admission.h"
#include "hosting/address.h"
#include "hosting/core_runner.h"
#include "hosting/life/core_groups.h"
#include "hosting/life/tls_endpoints.h"

#include <saker/options.h>
#include <saker/result.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace saker {

struct log_target;

class endpoint_set {
public:
    // All outlive it. `here`: all is on the caller's thread, perhaps on a network in memory.
    endpoint_set(core_groups& cores, application& app, admission& admits, bool here) noexcept
        : cores_(cores), app_(app), admits_(admits), here_(here), tls_(here) {}

    struct changes {
        std::vector<std::string> bound;  // added: "http://127.0.0.1:8080 (epoll)"
        std::vector<std::string> lines;  // what was done, for the log
        std::vector<std::string> left;   // what was not, and why
    };
    // Makes what is open be `fresh.endpoints`. Where `renews_all`, connections from now on begin
    // with the other options of `fresh` everywhere; else only at endpoints that have changed.
    [[nodiscard]] result<changes> apply(const server_options& fresh, bool renews_all,
                                        const log_target&);
    // The addresses, with their ports: "http://127.0.0.1:8080".
    [[nodiscard]] std::vector<std::string> addresses() const;
    // Of all endpoints. Afterwards nothing is applied.
    void begin_stop();
    [[nodiscard]] tls_endpoints& tls() noexcept { return tls_; }
    [[nodiscard]] const tls_endpoints& tls() const noexcept { return tls_; }

private:
    struct socket {
        place_id id = 0;
        endpoint where;
        std::string local;  // "127.0.0.1:80"
        std::string shown;
        int native = -1;  // the first core's, which the others share where it is no TCP
    };
    struct open_endpoint {
        std::string name, place;  // the place without its scheme: "127.0.0.1:8080"
        address_scheme scheme = address_scheme::http;
        listen_options options;
        core_group* group = nullptr;
        std::vector<socket> sockets;
        std::shared_ptr<tls::tls_endpoint> tls;
    };
    struct wanted_endpoint {
        const server_options::listened* what = nullptr;
        parsed_address address;
        std::string place;
        core_group* group = nullptr;
        open_endpoint* kept = nullptr;
        std::vector<socket> opened;
        std::shared_ptr<tls::tls_endpoint> tls;
    };

    [[nodiscard]] result<wanted_endpoint> understand(const server_options::listened&,
                                                     const server_options&);
    void match(std::vector<wanted_endpoint>&, changes&);
    [[nodiscard]] std::vector<std::string> open_new(std::vector<wanted_endpoint>&,
                                                    const server_options&, const log_target&);
    [[nodiscard]] std::vector<std::string> open(wanted_endpoint&, const server_options&,
                                                const log_target&);
    [[nodiscard]] core_runner::opened open(core_group&, endpoint where, const shared_plan&,
                                           socket& made);
    void retire(const core_group&, const socket&);
    void renew(open_endpoint&, const wanted_endpoint&, const server_options&, bool renews_all,
               changes&);
    [[nodiscard]] error secure(wanted_endpoint&, const server_options&, const log_target&);
    [[nodiscard]] shared_plan plan_for(const wanted_endpoint&, const server_options&,
                                       std::string display) const;
    [[nodiscard]] static std::string show(const socket&, address_scheme);
    [[nodiscard]] bool is_own_port(const endpoint&) const noexcept;

    // Listeners that wind down hold their port for a moment, and share it with us.
    struct retired_port {
        uint16_t port = 0;
        std::chrono::steady_clock::time_point when;
    };

    core_groups& cores_;
    application& app_;
    admission& admits_;
    const bool here_;
    tls_endpoints tls_;
    place_id next_id_ = 1;
    std::vector<open_endpoint> open_;
    std::vector<retired_port> retired_;
};

}  // namespace saker

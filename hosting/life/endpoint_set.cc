// See endpoint_set.h. An endpoint whose address stays keeps its sockets, with those who wait in
// them; only what is done with connections from now on is another. One whose address changes is
// opened there before it is retired here: TCP listeners share their ports among themselves
// (SO_REUSEPORT), so that "*:80" can become "127.0.0.1:80".

#include "hosting/life/endpoint_set.h"

#include "core/base/log.h"
#include "hosting/https/https_endpoints.h"
#include "hosting/life/options_diff.h"
#include "transports/transports.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

namespace saker {
namespace {

pipe_options pipe_of(const std::optional<size_t>& most) noexcept {
    // A pause at nothing would wait for room that nothing makes.
    const size_t pause = std::max<size_t>(most.value_or(SIZE_MAX), 1);
    return {pause, pause / 2};
}

// "Http (http://127.0.0.1:8080)", or the address alone.
std::string called(const std::string& name, const std::string& address) {
    return name.empty() ? address : name + " (" + address + ')';
}

// ", HTTP/1.1 and HTTP/2".
std::string_view spoken(const listen_options& options) noexcept {
    if (options.raw) return {};
    switch (options.protocols) {
        case http_protocols::http1: return ", HTTP/1.1";
        case http_protocols::http2: return ", HTTP/2";
        case http_protocols::http1_and_http2: break;
    }
    return ", HTTP/1.1 and HTTP/2";
}

std::string why_not(const core_runner::opened& failed, const std::string& shown) {
    std::string text = "Failed to bind to address " + shown + ": ";
    if (!failed.error.empty()) return text + failed.error;
    const int error = -failed.result;
    if (error != EADDRINUSE) {
        text += std::strerror(error);
        if (error == EACCES && failed.where.port != 0 && failed.where.port < 1024)
            text +=
                ". Ports below 1024 need the capability CAP_NET_BIND_SERVICE "
                "(setcap cap_net_bind_service=+ep), or sysctl "
                "net.ipv4.ip_unprivileged_port_start.";
        return text;
    }
    text += "address already in use";
    if (const std::string holder = who_holds(failed.where); !holder.empty())
        text += " by " + holder;
    return text + ". Stop that program, or listen on another address.";
}

}  // namespace

shared_plan endpoint_set::plan_for(const wanted_endpoint& wanted, const server_options& options,
                                   std::string display) const {
    auto plan = std::make_shared<endpoint_plan>();
    plan->options = wanted.what->options;
    plan->tls = wanted.tls;
    plan->max_concurrent_handshakes = options.tls.max_concurrent_handshakes;
    plan->http = {options.limits, options.add_server_header, options.allow_host_header_override};
    plan->http2 = {options.limits, options.add_server_header, options.allow_host_header_override,
                   options.allow_response_header_compression, options.allow_alternate_schemes};
    plan->pipes.input = pipe_of(options.limits.max_request_buffer_size);
    plan->pipes.output = pipe_of(options.limits.max_response_buffer_size);
    plan->pipes.max_connection_age = options.limits.max_connection_age;
    plan->pipes.admits = &admits_;
    plan->app = &app_;
    plan->display = std::move(display);
    return plan;
}

result<endpoint_set::wanted_endpoint> endpoint_set::understand(const server_options::listened& what,
                                                               const server_options& options) {
    wanted_endpoint wanted;
    wanted.what = &what;
    if (what.handle >= 0) {
        endpoint& given = wanted.address.endpoints.emplace_back();
        given.family = endpoint::kind::handle;
        given.handle = what.handle;
        wanted.address.text = display(given);
    } else {
        result<parsed_address> parsed = parse_address(what.url);
        if (!parsed) return parsed.error();
        wanted.address = *std::move(parsed);
    }
    wanted.place = wanted.address.text.substr(wanted.address.text.find("://") + 3);
    wanted.address.scheme = shown_scheme(wanted.address.scheme, what.options);
    wanted.address.text = std::string(name(wanted.address.scheme)) + "://" + wanted.place;
    const std::string& named = what.options.transport;
    const auto group = cores_.with(named.empty() ? options.transport.name : named, options);
    if (!group && named.empty()) return group.error();
    if (!group)
        return error("Endpoint " + called(what.options.name, wanted.address.text) + ": " +
                     group.error().text());
    wanted.group = *group;
    return wanted;
}

// Who keeps which sockets: by place and transport, of several (port 0) the one with the same name
// first.
void endpoint_set::match(std::vector<wanted_endpoint>& all, changes& made) {
    std::vector<const open_endpoint*> taken;
    const auto take = [&](wanted_endpoint& wanted, auto fits) {
        if (wanted.kept != nullptr) return;
        for (open_endpoint& one : open_) {
            if (one.place != wanted.place || !fits(one) ||
                std::find(taken.begin(), taken.end(), &one) != taken.end())
                continue;
            taken.push_back(wanted.kept = &one);
            return;
        }
    };
    for (wanted_endpoint& wanted : all)
        take(wanted, [&](const open_endpoint& one) {
            return one.group == wanted.group && one.name == wanted.what->options.name;
        });
    for (wanted_endpoint& wanted : all)
        take(wanted, [&](const open_endpoint& one) { return one.group == wanted.group; });
    // Only TCP can be listened on twice at once, by two transports.
    for (wanted_endpoint& wanted : all) {
        take(wanted, [](const open_endpoint& one) { return !is_tcp(one.sockets.front().where); });
        if (wanted.kept != nullptr && wanted.kept->group != wanted.group)
            made.left.push_back("The transport of " +
                                called(wanted.what->options.name, wanted.address.text) +
                                " changes from the next start on: what is no TCP socket stays "
                                "with the transport that it was opened by.");
    }
}

result<endpoint_set::changes> endpoint_set::apply(const server_options& fresh, bool renews_all,
                                                  const log_target& log) {
    changes made;
    error failed;
    std::vector<wanted_endpoint> all;
    const auto fail = [&](const std::vector<std::string>& why) {
        for (const std::string& one : why)
            if (std::find(failed.messages.begin(), failed.messages.end(), one) ==
                failed.messages.end())
                failed.messages.push_back(one);
    };
    for (const server_options::listened& what : fresh.endpoints) {
        auto wanted = understand(what, fresh);
        wanted ? all.push_back(*std::move(wanted)) : fail(wanted.error().messages);
    }
    if (!failed.messages.empty()) return failed;
    match(all, made);
    for (wanted_endpoint& wanted : all) fail(secure(wanted, fresh, log).messages);
    if (!failed.messages.empty()) return failed;
    fail(open_new(all, fresh, log));
    if (!failed.messages.empty()) return failed;

    std::vector<open_endpoint> now;
    for (wanted_endpoint& wanted : all) {
        const listen_options& options = wanted.what->options;
        if (wanted.kept != nullptr) {
            renew(*wanted.kept, wanted, fresh, renews_all, made);
            now.push_back(std::move(*wanted.kept));
            wanted.kept->sockets.clear();
            continue;
        }
        for (const socket& one : wanted.opened) {
            made.bound.push_back(one.shown + " (" + wanted.group->transport +
                                 std::string(spoken(options)) + ')');
            made.lines.push_back("endpoint " + called(options.name, one.shown) + " added");
        }
        now.push_back({options.name, wanted.place, wanted.address.scheme, options, wanted.group,
                       std::move(wanted.opened), wanted.tls});
    }
    for (const open_endpoint& gone : open_) {
        for (const socket& one : gone.sockets) {
            retire(*gone.group, one);
            made.lines.push_back("endpoint " + called(gone.name, one.shown) + " removed");
        }
    }
    open_ = std::move(now);
    tls_.follow(fresh, log);
    return made;
}

// With the certificates that it has already, where it is served with the same ones.
error endpoint_set::secure(wanted_endpoint& wanted, const server_options& fresh,
                           const log_target& log) {
    const listen_options& options = wanted.what->options;
    if (options.https == nullptr) return {};
    const bool stays = wanted.kept != nullptr && serve_alike(wanted.kept->options, options);
    auto made =
        tls_.make({options, wanted.address.text, stays ? wanted.kept->tls : nullptr}, fresh, log);
    if (!made) return made.error();
    wanted.tls = *std::move(made);
    return {};
}

void endpoint_set::renew(open_endpoint& kept, const wanted_endpoint& wanted,
                         const server_options& fresh, bool renews_all, changes& made) {
    const listen_options& options = wanted.what->options;
    const bool is_same = serve_alike(kept.options, options) && kept.scheme == wanted.address.scheme;
    const std::string shown = called(options.name, kept.sockets.front().shown);
    if (kept.name != options.name)
        made.lines.push_back("endpoint " + called(kept.name, kept.sockets.front().shown) +
                             " is now called " + options.name);
    if (!is_same) made.lines.push_back("endpoint " + shown + " changed");
    for (socket& one : kept.sockets) {
        one.shown = show(one, wanted.address.scheme);
        if (one.where.family == endpoint::kind::unix_socket && options.unix_socket_mode != 0 &&
            options.unix_socket_mode != kept.options.unix_socket_mode &&
            chmod(one.where.path.c_str(), options.unix_socket_mode) < 0)
            made.left.push_back("The mode of " + one.shown + " stays: " + std::strerror(errno));
        if (is_same && !renews_all && kept.tls == wanted.tls) continue;
        const shared_plan plan = plan_for(wanted, fresh, one.shown);
        for (const auto& core : kept.group->cores) core->renew(one.id, plan, !is_same);
    }
    kept.name = options.name;
    kept.options = options;
    kept.tls = wanted.tls;
    kept.scheme = wanted.address.scheme;
}

// ---- opening ----

// All of them, or none: then why.
std::vector<std::string> endpoint_set::open_new(std::vector<wanted_endpoint>& all,
                                                const server_options& options,
                                                const log_target& log) {
    std::vector<std::string> failures;
    const auto give_back = [&] {
        for (const wanted_endpoint& wanted : all)
            for (const socket& one : wanted.opened) retire(*wanted.group, one);
    };
    try {
        for (wanted_endpoint& wanted : all) {
            if (wanted.kept != nullptr) continue;
            const auto why = open(wanted, options, log);
            failures.insert(failures.end(), why.begin(), why.end());
        }
    } catch (...) {
        give_back();
        throw;
    }
    if (!failures.empty()) give_back();
    return failures;
}

std::vector<std::string> endpoint_set::open(wanted_endpoint& wanted, const server_options& options,
                                            const log_target& log) {
    const bool both = wanted.address.meaning == parsed_address::kind::loopback;
    std::vector<std::string> failures;
    for (endpoint where : wanted.address.endpoints) {
        where.backlog = options.transport.backlog;
        where.no_delay = options.transport.no_delay;
        where.mode = wanted.what->options.unix_socket_mode;
        const std::string shown = display(where, wanted.address.scheme);
        socket made;
        core_runner::opened answer =
            open(*wanted.group, where, plan_for(wanted, options, shown), made);
        if (answer.result == 0) {
            made.shown = show(made, wanted.address.scheme);
            wanted.opened.push_back(std::move(made));
            if (!both) return {};
            continue;
        }
        failures.push_back(why_not(answer, shown));
        // Kestrel: of two loopbacks one may be missing, but none may be another's.
        if (answer.result != -EAFNOSUPPORT && answer.result != -EADDRNOTAVAIL) return failures;
    }
    if (wanted.opened.empty()) return failures;
    for (const std::string& one : failures) log.write(log_level::information, one);
    return {};
}

// On every core, or on none.
core_runner::opened endpoint_set::open(core_group& group, endpoint where, const shared_plan& plan,
                                       socket& made) {
    core_runner::opened answer;
    answer.where = where;
    const bool shares_port = is_tcp(where);
    if (shares_port) {
        // On one's own thread it may be a network in memory: the transport finds out.
        answer.result = here_ || is_own_port(where) ? 0 : check_free(where);
        if (answer.result < 0) return answer;
        where.reuse_port = !here_ || is_own_port(where);
    }
    made.id = next_id_++;
    for (const auto& one : group.cores) {
        endpoint here = where;
        if (!shares_port && one != group.cores.front()) {
            here.family = endpoint::kind::handle;
            here.handle = made.native;
        }
        answer = one->open(made.id, plan, here);
        if (answer.result < 0) {
            made.where = where;
            retire(group, made);
            return answer;
        }
        where.port = answer.where.port;
        if (made.native < 0) made.native = answer.native;
        made.local = answer.local;
    }
    made.where = where;
    return answer;
}

// An inherited descriptor by its address, which is what a person looks for.
std::string endpoint_set::show(const socket& shown, address_scheme scheme) {
    if (shown.where.family != endpoint::kind::handle || shown.local.empty())
        return display(shown.where, scheme);
    return std::string(name(scheme)) + "://" + shown.local;
}

bool endpoint_set::is_own_port(const endpoint& where) const noexcept {
    for (const open_endpoint& known : open_)
        for (const socket& one : known.sockets)
            if (is_tcp(one.where) && one.where.port == where.port) return true;
    const auto now = std::chrono::steady_clock::now();
    return std::any_of(retired_.begin(), retired_.end(), [&](const retired_port& one) {
        return one.port == where.port && now - one.when < core_runner::patience;
    });
}

void endpoint_set::retire(const core_group& group, const socket& gone) {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(retired_,
                  [&](const retired_port& one) { return now - one.when > core_runner::patience; });
    if (is_tcp(gone.where)) retired_.push_back({gone.where.port, now});
    for (const auto& core : group.cores) core->retire(gone.id);
}

// ---- as a whole ----

std::vector<std::string> endpoint_set::addresses() const {
    std::vector<std::string> all;
    for (const open_endpoint& one : open_)
        for (const socket& opened : one.sockets) all.push_back(opened.shown);
    return all;
}

void endpoint_set::begin_stop() {
    open_.clear();
    cores_.for_each_core([](core_runner& core) { core.begin_stop(); });
}

}  // namespace saker

// See metrics_page.h: one table of all families. Kestrel's and OpenTelemetry's instruments have
// their names as OpenTelemetry translates them for Prometheus: dots become underscores, units are
// said in full, counters end with _total.

#include "hosting/diagnostics/metrics_page.h"

#include "hosting/diagnostics/exposition.h"
#include "hosting/diagnostics/process.h"

#include <saker/version.h>

#include <algorithm>

namespace saker::diagnostics {
namespace {

using page = metrics_page;

// How many items there are, and one of them written under the name of the family.
struct family {
    metric_family about;
    size_t (*items)(const page&);
    void (*write)(std::string& out, std::string_view name, const page&, size_t item);
};

size_t one(const page&) { return 1; }
size_t each_core(const page& of) { return of.cores().size(); }
size_t each_endpoint(const page& of) { return of.endpoints().size(); }
size_t each_end(const page&) { return end_reason_count - 1; }
size_t each_rejection(const page&) { return rejection_reason_count - 1; }
size_t each_method(const page&) { return 2 * method_count; }
size_t each_series(const page& of) { return of.series(); }
size_t each_handshake_end(const page&) { return handshake_ends; }
size_t each_direction(const page&) { return 2; }
size_t each_certificate(const page& of) { return of.certificates().size(); }

template <class Count>
uint64_t sum(const page& of, Count count) {
    uint64_t all = 0;
    for (const core_recorder* const one_core : of.cores()) all += count(*one_core).value();
    return all;
}

template <counter core_counts::*Member>
void total(std::string& out, std::string_view name, const page& of, size_t) {
    const auto member = [](const core_recorder& one) -> auto& { return one.counts().*Member; };
    write_sample(out, {name}, {}, sum(of, member));
}

std::string core_label(const core_recorder& of) {
    std::string label;
    add_label(label, "core", uint64_t{of.index()});
    return label;
}

template <counter core_counts::*Member>
void of_core(std::string& out, std::string_view name, const page& of, size_t item) {
    const core_recorder& one_core = *of.cores()[item];
    write_sample(out, {name}, core_label(one_core), (one_core.counts().*Member).value());
}

// In seconds, in parts of one: what is counted in billionths or millionths.
template <counter core_counts::*Member, uint64_t Parts>
void part_of_core(std::string& out, std::string_view name, const page& of, size_t item) {
    const core_recorder& one_core = *of.cores()[item];
    const auto parts = static_cast<double>((one_core.counts().*Member).value());
    write_sample(out, {name}, core_label(one_core), parts / static_cast<double>(Parts));
}

template <counter core_counts::*Member>
void slab_bytes(std::string& out, std::string_view name, const page& of, size_t item) {
    const core_recorder& one_core = *of.cores()[item];
    write_sample(out, {name}, core_label(one_core),
                 (one_core.counts().*Member).value() * slab_pool::slab_size);
}

void slab_limit(std::string& out, std::string_view name, const page& of, size_t item) {
    const core_recorder& one_core = *of.cores()[item];
    write_sample(out, {name}, core_label(one_core),
                 uint64_t{one_core.slab_cap() * slab_pool::slab_size});
}

void turn_durations(std::string& out, std::string_view name, const page& of, size_t item) {
    const core_recorder& one_core = *of.cores()[item];
    histogram_sum all(turn_bounds);
    all.add(one_core.counts().turn_durations);
    all.write(out, name, core_label(one_core));
}

void core_info(std::string& out, std::string_view name, const page& of, size_t item) {
    const core_recorder& one_core = *of.cores()[item];
    std::string labels = core_label(one_core);
    add_label(labels, "transport", one_core.transport());
    write_sample(out, {name}, labels, uint64_t{1});
}

// ---- connections ----

template <counter endpoint_counts::*Member>
void of_endpoint(std::string& out, std::string_view name, const page& of, size_t item) {
    const page::endpoint_sum& where = of.endpoints()[item];
    uint64_t all = 0;
    for (const endpoint_counts* const counts : where.counts) all += (counts->*Member).value();
    write_sample(out, {name}, where.name->labels, all);
}

// Kestrel says so of a connection that was idle for too long, though that is in order.
bool has_error_type(end_reason why) noexcept {
    return is_failure(why) || why == end_reason::keep_alive_timeout;
}

void durations_of_version(std::string& out, std::string_view name, const page::endpoint_sum& where,
                          std::string_view version) {
    const bool is_http2 = version == "2";
    const auto add = [&](histogram_sum& all, size_t why) {
        for (const endpoint_counts* const counts : where.counts)
            all.add((is_http2 ? counts->http2_durations : counts->durations)[why]);
    };
    std::string common;
    if (where.name->is_http) {
        add_label(common, "network_protocol_name", "http");
        add_label(common, "network_protocol_version", version);
        common += ',';
    }
    common += where.name->labels;
    histogram_sum ordinary(connection_bounds);
    for (size_t i = 0; i < end_reason_count; ++i)
        if (!has_error_type(static_cast<end_reason>(i))) add(ordinary, i);
    if (!is_http2 || !ordinary.empty()) ordinary.write(out, name, common);
    for (size_t i = 0; i < end_reason_count; ++i) {
        const auto why = static_cast<end_reason>(i);
        if (!has_error_type(why)) continue;
        histogram_sum all(connection_bounds);
        add(all, i);
        if (all.empty()) continue;
        std::string labels;
        add_label(labels, "error_type", saker::name(why));
        all.write(out, name, labels + ',' + common);
    }
}

void connection_durations(std::string& out, std::string_view name, const page& of, size_t item) {
    const page::endpoint_sum& where = of.endpoints()[item];
    durations_of_version(out, name, where, "1.1");
    if (where.name->is_http) durations_of_version(out, name, where, "2");
}

void refused_connections(std::string& out, std::string_view name, const page& of, size_t item) {
    const page::endpoint_sum& where = of.endpoints()[item];
    histogram_sum all(connection_bounds);
    for (const end_reason why : {end_reason::max_concurrent_connections_exceeded,
                                 end_reason::max_connections_per_client_exceeded})
        for (const endpoint_counts* const counts : where.counts)
            all.add(counts->durations[static_cast<size_t>(why)]);
    write_sample(out, {name}, where.name->labels, all.count());
}

void connection_ends(std::string& out, std::string_view name, const page& of, size_t item) {
    const size_t why = item + 1;
    const uint64_t count = sum(
        of, [why](const core_recorder& one) -> auto& { return one.counts().ends[why]; });
    std::string label;
    add_label(label, "reason", saker::name(static_cast<end_reason>(why)));
    write_sample(out, {name}, label, count);
}

// ---- requests ----

void active_requests(std::string& out, std::string_view name, const page& of, size_t item) {
    const size_t verb = item / 2, secure = item % 2;
    const uint64_t count = sum(
        of,
        [ verb, secure ](const core_recorder& one) -> auto& { return one.active[secure][verb]; });
    std::string labels;
    add_label(labels, "http_request_method", method_label(static_cast<method>(verb)));
    add_label(labels, "url_scheme", scheme_label(secure != 0));
    write_sample(out, {name}, labels, count);
}

void request_durations(std::string& out, std::string_view name, const page& of, size_t item) {
    histogram_sum all(request_bounds);
    for (const core_recorder* const one_core : of.cores())
        if (const auto* const known = one_core->durations(item); known != nullptr) all.add(*known);
    if (!all.empty()) all.write(out, name, of.recorder().series().labels(item));
}

uint64_t rejected(const page& of, size_t why) {
    return sum(
        of, [why](const core_recorder& one) -> auto& { return one.counts().rejections[why]; });
}

void rejected_requests(std::string& out, std::string_view name, const page& of, size_t item) {
    std::string label;
    add_label(label, "reason", saker::name(static_cast<rejection_reason>(item + 1)));
    write_sample(out, {name}, label, rejected(of, item + 1));
}

void bare_line_feeds(std::string& out, std::string_view name, const page& of, size_t) {
    write_sample(out, {name}, "kestrel_bare_line_feed_outcome=\"rejected\"",
                 rejected(of, static_cast<size_t>(rejection_reason::bare_line_feed)));
}

// ---- TLS ----

void handshake_durations(std::string& out, std::string_view name, const page& of, size_t item) {
    histogram_sum all(handshake_bounds);
    for (const core_recorder* const one_core : of.cores())
        all.add(one_core->counts().tls_handshakes[item]);
    std::string label;
    switch (static_cast<handshake_end>(item)) {
        case handshake_end::tls12: add_label(label, "tls_protocol_version", "1.2"); break;
        case handshake_end::tls13: add_label(label, "tls_protocol_version", "1.3"); break;
        case handshake_end::failed:
            add_label(label, "error_type", saker::name(end_reason::tls_handshake_failed));
            break;
        case handshake_end::timed_out:
            add_label(label, "error_type", saker::name(end_reason::tls_handshake_timeout));
            break;
    }
    all.write(out, name, label);
}

void kernel_connections(std::string& out, std::string_view name, const page& of, size_t item) {
    if (item == 0) {
        const auto sends = [](const core_recorder& one) -> auto& {
            return one.counts().tls_kernel_sends;
        };
        return write_sample(out, {name}, "direction=\"send\"", sum(of, sends));
    }
    const auto receives = [](const core_recorder& one) -> auto& {
        return one.counts().tls_kernel_receives;
    };
    write_sample(out, {name}, "direction=\"receive\"", sum(of, receives));
}

void certificate_ends(std::string& out, std::string_view name, const page& of, size_t item) {
    const served_certificate& shown = of.certificates()[item];
    std::string labels;
    add_label(labels, "subject", shown.subject);
    add_label(labels, "thumbprint", shown.thumbprint);
    write_sample(out, {name}, labels,
                 static_cast<double>(shown.not_after.time_since_epoch().count()));
}

// ---- the server ----

void build_info(std::string& out, std::string_view name, const page&, size_t) {
    write_sample(out, {name}, "version=\"" SAKER_VERSION "\"", uint64_t{1});
}
void start_time(std::string& out, std::string_view name, const page&, size_t) {
    write_sample(out, {name}, {}, process_start_time());
}
void access_lines(std::string& out, std::string_view name, const page& of, size_t) {
    write_sample(out, {name}, {}, of.recorder().access_lines().written);
}
void dropped_lines(std::string& out, std::string_view name, const page& of, size_t) {
    write_sample(out, {name}, {}, of.recorder().access_lines().dropped);
}
void dropped_records(std::string& out, std::string_view name, const page& of, size_t) {
    write_sample(out, {name}, {}, of.recorder().log_dropped());
}

using counts = core_counts;
constexpr uint64_t billionths = 1'000'000'000, millionths = 1'000'000;

constexpr family families[] = {
    {{"kestrel_active_connections", "gauge", "Connections that are open."},
     each_endpoint,
     of_endpoint<&endpoint_counts::open>},
    {{"kestrel_connection_duration_seconds", "histogram",
      "How long connections were open; error_type where they did not end in order."},
     each_endpoint,
     connection_durations},
    {{"kestrel_rejected_connections_total", "counter",
      "Connections that were refused because there were too many."},
     each_endpoint,
     refused_connections},
    {{"kestrel_upgraded_connections", "gauge",
      "Connections that are open and were upgraded to another protocol."},
     each_endpoint,
     of_endpoint<&endpoint_counts::upgraded>},
    {{"kestrel_active_tls_handshakes", "gauge", "TLS handshakes that are under way."},
     one,
     total<&counts::tls_handshakes_active>},
    {{"kestrel_tls_handshake_duration_seconds", "histogram",
      "From the accept to the end of the TLS handshake; error_type where it came to nothing."},
     each_handshake_end,
     handshake_durations},
    {{"kestrel_bare_line_feed_requests_total", "counter",
      "Requests with a line that ends with a line feed alone."},
     one,
     bare_line_feeds},
    {{"http_server_active_requests", "gauge", "Requests that are being answered."},
     each_method,
     active_requests},
    {{"http_server_request_duration_seconds", "histogram",
      "From the turn in which a request's head was whole to the end of the turn in which it was "
      "over."},
     each_series,
     request_durations},
    {{"saker_rejected_requests_total", "counter",
      "Requests that were refused before a handler saw them, or whose body was, by reason."},
     each_rejection,
     rejected_requests},
    {{"saker_connections_accepted_total", "counter", "Connections that were accepted."},
     one,
     total<&counts::connections_accepted>},
    {{"saker_connection_ends_total", "counter", "Connections that have ended, by reason."},
     each_end,
     connection_ends},
    {{"saker_tls_resumed_total", "counter",
      "TLS handshakes that were short because a session was resumed."},
     one,
     total<&counts::tls_resumed>},
    {{"saker_tls_kernel_connections_total", "counter",
      "TLS connections whose records the kernel has taken over, by direction."},
     each_direction,
     kernel_connections},
    {{"saker_tls_certificate_not_after_timestamp_seconds", "gauge",
      "Until when a certificate that is served is valid, in seconds of 1970."},
     each_certificate,
     certificate_ends},
    {{"saker_received_bytes_total", "counter", "Bytes that peers sent."},
     one,
     total<&counts::bytes_received>},
    {{"saker_sent_bytes_total", "counter", "Bytes that were sent to peers."},
     one,
     total<&counts::bytes_sent>},
    {{"saker_core_utilization_ratio", "gauge",
      "The part of the last second in which the core's loop did not sleep."},
     each_core,
     part_of_core<&counts::utilization, millionths>},
    {{"saker_core_cpu_seconds_total", "counter", "Processor time of the core's thread."},
     each_core,
     part_of_core<&counts::processor_nanoseconds, billionths>},
    {{"saker_core_turn_duration_seconds", "histogram",
      "From the wake to the end of a turn of the loop: what is ready meanwhile waits that long at "
      "most."},
     each_core,
     turn_durations},
    {{"saker_core_operations_total", "counter",
      "Answers of the transport (accepts, receives, sends, closes) that were dealt with."},
     each_core,
     of_core<&counts::operations>},
    {{"saker_core_submissions_total", "counter",
      "What the transport asked of the kernel: io_uring's submissions, epoll's attempts."},
     each_core,
     of_core<&counts::submissions>},
    {{"saker_core_completions_total", "counter",
      "What the kernel told the transport: io_uring's completions, epoll's events."},
     each_core,
     of_core<&counts::completions>},
    {{"saker_core_slab_used_bytes", "gauge", "Slabs in use, for what is received and sent."},
     each_core,
     slab_bytes<&counts::slabs_in_use>},
    {{"saker_core_slab_mapped_bytes", "gauge", "Slabs that the core holds, in use or not."},
     each_core,
     slab_bytes<&counts::slabs_mapped>},
    {{"saker_core_slab_limit_bytes", "gauge", "Slabs that the core may have."},
     each_core,
     slab_limit},
    {{"saker_core_info", "gauge", "1; which transport the core has."}, each_core, core_info},
    {{"saker_log_records_dropped_total", "counter",
      "Records of the log that its sink was too slow for."},
     one,
     dropped_records},
    {{"saker_access_log_lines_total", "counter", "Lines of the access log that were written."},
     one,
     access_lines},
    {{"saker_access_log_lines_dropped_total", "counter",
      "Lines of the access log that were not written: a full disk, a slow sink."},
     one,
     dropped_lines},
    {{"saker_build_info", "gauge", "1; which version this is."}, one, build_info},
    {{"process_start_time_seconds", "gauge", "When the process was started, in seconds of 1970."},
     one,
     start_time},
};

}  // namespace

std::vector<metric_family> metric_families() {
    std::vector<metric_family> all;
    for (const family& known : families) all.push_back(known.about);
    return all;
}

metrics_page::metrics_page(std::shared_ptr<const server_recorder> of)
    : of_(std::move(of)),
      cores_(of_->cores()),
      certificates_(of_->certificates()),
      series_(of_->series().count()) {
    for (const core_recorder* const one_core : cores_) {
        for (const core_recorder::endpoint_entry* const entry : one_core->endpoints()) {
            auto known = std::find_if(endpoints_.begin(), endpoints_.end(), [&](const auto& other) {
                return *other.name == entry->name;
            });
            if (known == endpoints_.end())
                known = endpoints_.insert(known, endpoint_sum{&entry->name, {}});
            known->counts.push_back(&entry->counts);
        }
    }
}

bool metrics_page::next(std::string& out, size_t size) {
    const size_t enough = out.size() + size;
    for (; family_ < std::size(families); ++family_, item_ = 0) {
        const family& current = families[family_];
        const size_t items = current.items(*this);
        for (; item_ < items; ++item_) {
            if (out.size() >= enough) return true;
            if (item_ == 0)
                write_family(out, current.about.name, current.about.type, current.about.help);
            current.write(out, current.about.name, *this, item_);
        }
    }
    return false;
}

}  // namespace saker::diagnostics

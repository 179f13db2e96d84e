// The page at GET /: one file of HTML with its style and its script, nothing from anywhere else.

#include "tools/saker/demo.h"

namespace saker::tool {

namespace {

constexpr std::string_view page = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Saker</title>
<link rel="icon" href="data:,">
<style>
:root { --ink: #1d2430; --paper: #fbfaf7; --soft: #667085; --line: #e2ded5; --card: #fff; --mark:
  #b4541a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e4df; --paper: #15181d; --soft: #98a1b0; --line: #2c323b; --card: #1c2027;
    --mark: #f0965a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 58rem; padding: 3rem 1.25rem 4rem; background: var(--paper);
  color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { margin: 0; font-size: 2.2rem; letter-spacing: -.02em; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1rem; color: var(--soft); font-weight: 600; }
p.lead { margin: .4rem 0 2rem; color: var(--soft); max-width: 44rem; }
a { color: var(--mark); text-decoration: none; } a:hover { text-decoration: underline; }
code, td:first-child { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  font-size: .92em; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem;
  }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding:
  .9rem 1rem; }
.card b { display: block; font-size: 1.55rem; font-variant-numeric: tabular-nums; letter-spacing:
  -.01em; }
.card span { color: var(--soft); font-size: .85rem; }
svg { display: block; width: 100%; height: 3.5rem; margin-top: .75rem; }
polyline { fill: none; stroke: var(--mark); stroke-width: 1.5; vector-effect: non-scaling-stroke;
  }
table { width: 100%; border-collapse: collapse; }
td { padding: .45rem .75rem .45rem 0; border-top: 1px solid var(--line); vertical-align: top; }
td:first-child { white-space: nowrap; } td:last-child { color: var(--soft); }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding:
  .8rem 1rem; overflow-x: auto; }
.gone { opacity: .45; }
</style>
</head>
<body>
<h1>Saker</h1>
<p class="lead">A server engine in C++20 for Linux: one reactor a core on io_uring or epoll,
  HTTP/1.1 and HTTP/2 without a
copy on the way, and Kestrel's names, limits and manners. This page is its demo application.</p>

<div id="live">
<div class="cards">
<div class="card"><b id="rate">–</b><span>requests a second</span></div>
<div class="card"><b id="open">–</b><span>open connections</span></div>
<div class="card"><b id="batch">–</b><span>requests a turn of the loop</span></div>
<div class="card"><b id="sent">–</b><span>sent a second</span></div>
<div class="card"><b id="transport">–</b><span id="cores">transport</span></div>
<div class="card"><b id="protocol">–</b><span>your browser speaks</span></div>
<div class="card"><b id="total">–</b><span>requests so far</span></div>
</div>
<svg viewBox="0 0 119 40" preserveAspectRatio="none" aria-hidden="true"><polyline id="line"
  points=""/></svg>
<p class="lead" id="responses" style="margin:.5rem 0 0">&nbsp;</p>
</div>

<h2>Endpoints</h2>
<table>
<tr><td>GET <a href="/plaintext">/plaintext</a></td><td>“Hello, World!”, from memory that is
  never copied</td></tr>
<tr><td>GET <a href="/json">/json</a></td><td>an object, serialised for each request</td></tr>
<tr><td>POST /echo</td><td>the body streamed back as it comes, with its content type</td></tr>
<tr><td>POST /upload</td><td>takes the body and says how long it was</td></tr>
<tr><td>GET <a href="/bytes/65536">/bytes/{n}</a></td><td>n bytes, as fast as you take
  them</td></tr>
<tr><td>GET <a href="/stream/10">/stream/{n}</a></td><td>n chunks, and a trailer after
  them</td></tr>
<tr><td>GET <a href="/delay/500">/delay/{ms}</a></td><td>answers later; the core goes on with
  others</td></tr>
<tr><td>GET <a href="/offload/500">/offload/{ms}</a></td><td>blocks a thread of the pool, not the
  core</td></tr>
<tr><td>GET <a href="/headers">/headers</a></td><td>what your browser sent, and over which
  HTTP</td></tr>
<tr><td>GET <a href="/metrics">/metrics</a></td><td>what Prometheus reads: latencies, ends,
  loops, memory</td></tr>
<tr><td>GET <a href="/stats">/stats</a></td><td>the counters that this page shows</td></tr>
</table>

<h2>Try it</h2>
<pre id="tries">wrk -t1 -c64 -d5s --latency ORIGIN/plaintext
h2load -t1 -c16 -m32 -D5 ORIGIN/plaintext
curl HTTP2 -i ORIGIN/headers
curl --data-binary @file ORIGIN/echo
curl --raw -i ORIGIN/stream/3</pre>

<script>
"use strict";
const by = id => document.getElementById(id), rates = [];
let last = null;
const secure = location.protocol === "https:";
by("tries").textContent = by("tries").textContent.replaceAll("ORIGIN", location.origin)
  .replaceAll("HTTP2", secure ? "--http2" : "--http2-prior-knowledge")
  .replaceAll("curl", secure ? "curl -k" : "curl");
const spoken = performance.getEntriesByType("navigation")[0]?.nextHopProtocol || "";
by("protocol").textContent = spoken === "h2" ? "HTTP/2" : spoken.toUpperCase() || "–";
function short(n) {
  for (const unit of ["", "k", "M", "G", "T"]) {
    if (n < 1000) return (n < 10 && unit ? n.toFixed(2) : n < 100 && unit ? n.toFixed(1) :
      Math.round(n)) + unit;
    n /= 1000;
  }
  return Math.round(n) + "P";
}
function draw() {
  const top = Math.max(1, ...rates);
  by("line").setAttribute("points", rates.map((r, i) => i + "," + (39 - 37 * r / top)).join(" "));
}
function show(now) {
  if (last) {
    const seconds = (now.at - last.at) / 1000, turns = now.turns - last.turns;
    const requests = Math.max(0, now.requests - last.requests);
    by("rate").textContent = short(requests / seconds);
    by("batch").textContent = turns > 0 ? (requests / turns).toFixed(2) : "0";
    by("sent").textContent = short(Math.max(0, now.bytes_sent - last.bytes_sent) / seconds) + "B";
    rates.push(requests / seconds);
    if (rates.length > 120) rates.shift();
    draw();
  }
  by("open").textContent = short(now.connections_open);
  by("total").textContent = short(now.requests);
  by("transport").textContent = now.transport;
  by("cores").textContent = "transport, " + now.cores + (now.cores === 1 ? " core" : " cores");
  by("responses").textContent = Object.entries(now.responses).filter(([, n]) => n > 0)
    .map(([name, n]) => name + " " + n.toLocaleString("en")).join(" · ") +
    (now.rejections > 0 ? " · refused " + now.rejections.toLocaleString("en") : "");
  last = now;
}
async function look() {
  try {
    const answer = await fetch("/stats", { cache: "no-store" });
    const now = await answer.json();
    now.at = performance.now();
    show(now);
    by("live").className = "";
  } catch {
    by("live").className = "gone";
    last = null;
  }
  setTimeout(look, 1000);
}
look();
</script>
</body>
</html>
)html";

}  // namespace

std::string_view demo_page() noexcept { return page; }

}  // namespace saker::tool

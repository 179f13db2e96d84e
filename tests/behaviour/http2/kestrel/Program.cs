// Real Kestrel with one handler for each thing that HTTP/2 lets a handler do: tests/behaviour/http2/server.cc
// is its twin. Reads its settings from --config, says "started" and serves until SIGTERM.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

var aborted = new ConcurrentDictionary<int, int>();
var builder = WebApplication.CreateBuilder(args);
builder.Configuration.AddJsonFile(Path.GetFullPath(builder.Configuration["config"]!));
builder.Logging.ClearProviders();
if (builder.Configuration["verbose"] is not null) builder.Logging.AddConsole().SetMinimumLevel(LogLevel.Trace);
builder.Services.Configure<KestrelServerOptions>(builder.Configuration.GetSection("Kestrel"));
builder.Services.Configure<KestrelServerOptions>(options =>
{
    if (builder.Configuration["rates"] is not { } rate) return;
    var least = double.Parse(rate, CultureInfo.InvariantCulture);
    options.Limits.MinRequestBodyDataRate = new MinDataRate(least, TimeSpan.FromSeconds(2));
    options.Limits.MinResponseDataRate = new MinDataRate(least, TimeSpan.FromSeconds(2));
});
var app = builder.Build();
app.Lifetime.ApplicationStarted.Register(() => { Console.WriteLine("started"); Console.Out.Flush(); });
app.UseWebSockets();
app.Run(Serve);
app.Run();

async Task Serve(HttpContext context)
{
    var (request, response) = (context.Request, context.Response);
    var words = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
    var number = words.Length > 1 && int.TryParse(words[1], out var parsed) ? parsed : 0;
    switch (words.Length == 0 ? "" : words[0])
    {
        case "plaintext": await Say(response, "Hello, World!"); break;
        case "bytes":
            response.ContentLength = number;
            for (var left = number; left > 0; left -= 16000)
                await response.Body.WriteAsync(Encoding.ASCII.GetBytes(new string('x', Math.Min(left, 16000))));
            break;
        case "stream":
            for (var i = 0; i < number; i++)
            {
                await response.WriteAsync("piece\n");
                await response.Body.FlushAsync();
            }
            break;
        case "echo":
            var buffer = new byte[16384];
            for (int n; (n = await request.Body.ReadAsync(buffer)) > 0;)
            {
                await response.Body.WriteAsync(buffer.AsMemory(0, n));
                await response.Body.FlushAsync();
            }
            break;
        case "count":
            var total = 0L;
            var part = new byte[65536];
            for (int n; (n = await request.Body.ReadAsync(part)) > 0;) total += n;
            await Say(response, total.ToString(CultureInfo.InvariantCulture));
            break;
        case "sip":
            var sip = new byte[number];
            await request.Body.ReadAtLeastAsync(sip, number, throwOnEndOfStream: false);
            await Say(response, "sip");
            break;
        case "sip-wait":  // reads so much, and then waits until the client gives up
            var gulp = new byte[number];
            await request.Body.ReadAtLeastAsync(gulp, number, throwOnEndOfStream: false);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { });
            break;
        case "unread": await Say(response, "unread"); break;
        case "trailers":
            response.DeclareTrailer("grpc-status");
            await response.WriteAsync("Hello");
            response.AppendTrailer("grpc-status", "0");
            response.AppendTrailer("grpc-message", "fine");
            break;
        case "only-trailers":
            response.AppendTrailer("grpc-status", "5");
            break;
        case "request-trailers":
            await request.Body.CopyToAsync(Stream.Null);
            var trailers = context.Features.Get<IHttpRequestTrailersFeature>()!.Trailers;
            await Say(response, string.Join("\n", trailers.Select(one => $"{one.Key.ToLowerInvariant()}: {one.Value}")));
            break;
        case "wait":
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { });
            aborted[number] = 1;
            break;
        case "stream-wait":
            await response.WriteAsync("begun");
            await response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { });
            aborted[number] = 1;
            break;
        case "aborted": await Say(response, aborted.ContainsKey(number) ? "yes" : "no"); break;
        case "delay":
            await Task.Delay(number);
            await Say(response, "late");
            break;
        case "throw": throw new InvalidOperationException("on purpose");
        case "throw-late":
            await response.WriteAsync("begun");
            await response.Body.FlushAsync();
            throw new InvalidOperationException("on purpose");
        case "reset": context.Features.Get<IHttpResetFeature>()?.Reset(number); break;
        case "reset-late":
            await response.WriteAsync("begun");
            await response.Body.FlushAsync();
            context.Features.Get<IHttpResetFeature>()?.Reset(number);
            break;
        case "abort": context.Abort(); break;
        case "status": response.StatusCode = number; break;
        case "status-body":
            response.StatusCode = number;
            await response.WriteAsync("Hello");
            break;
        case "too-short":
            response.ContentLength = 10;
            await response.WriteAsync("Hello");
            break;
        case "too-long":
            response.ContentLength = 3;
            await response.WriteAsync("Hello");
            break;
        case "nothing-of-length":
            response.ContentLength = 10;
            break;
        case "connection-fields":
            response.Headers["Connection"] = "keep-alive";
            response.Headers["Keep-Alive"] = "timeout=5";
            response.Headers["Upgrade"] = "h2c";
            response.Headers["Proxy-Connection"] = "keep-alive";
            response.Headers["X-Other"] = "stays";
            await response.WriteAsync("Hello");
            break;
        case "transfer-encoding":
            response.Headers["Transfer-Encoding"] = "chunked";
            await response.WriteAsync("Hello");
            break;
        case "wide":
            response.Headers["X-Wide"] = new string('w', number);
            await Say(response, "wide");
            break;
        case "fields":
            var told = new StringBuilder();
            told.Append($"{request.Method} {request.Scheme} {request.Host.Value} {request.Path.Value}{request.QueryString.Value} {request.Protocol}\n");
            foreach (var (name, values) in request.Headers.OrderBy(one => one.Key.ToLowerInvariant(), StringComparer.Ordinal))
                foreach (var value in values) told.Append($"{name.ToLowerInvariant()}: {value}\n");
            await Say(response, told.ToString());
            break;
        case "saker.Echo":  // gRPC, as its clients see it
            response.ContentType = "application/grpc";
            await response.Body.FlushAsync();
            var message = new byte[16384];
            for (int n; (n = await request.Body.ReadAsync(message)) > 0;)
            {
                await response.Body.WriteAsync(message.AsMemory(0, n));
                await response.Body.FlushAsync();
            }
            response.AppendTrailer("grpc-status", "0");
            if (request.Headers.TryGetValue("x-asked", out var asked)) response.AppendTrailer("x-told", asked);
            break;
        case "saker.Refusal":
            await request.Body.CopyToAsync(Stream.Null);
            response.ContentType = "application/grpc";
            response.AppendTrailer("grpc-status", "5");
            response.AppendTrailer("grpc-message", "no such thing");
            break;
        case "saker.Wait":
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { });
            aborted[0] = 1;
            break;
        case "websocket":
            if (!context.WebSockets.IsWebSocketRequest) { response.StatusCode = 400; break; }
            using (var talk = await context.WebSockets.AcceptWebSocketAsync())
            {
                var heard = new byte[65536];
                while (true)
                {
                    var one = await talk.ReceiveAsync(heard, context.RequestAborted);
                    if (one.CloseStatus is { } status)
                    {
                        await talk.CloseOutputAsync(status, one.CloseStatusDescription, default);
                        break;
                    }
                    await talk.SendAsync(heard.AsMemory(0, one.Count), one.MessageType, one.EndOfMessage, default);
                }
            }
            break;
        case "page":
            response.ContentType = "text/html";
            await response.WriteAsync(await File.ReadAllTextAsync(builder.Configuration["page"]!));
            break;
        case "tunnel":  // extended CONNECT, RFC 8441
            var extended = context.Features.Get<IHttpExtendedConnectFeature>();
            if (extended is not { IsExtendedConnect: true }) { response.StatusCode = 400; break; }
            response.Headers["X-Protocol"] = extended.Protocol;
            await using (var both = await extended.AcceptAsync())
            {
                var carried = new byte[4096];
                for (int n; (n = await both.ReadAsync(carried)) > 0;) await both.WriteAsync(carried.AsMemory(0, n));
            }
            break;
        default:
            response.StatusCode = request.Method == "CONNECT" ? 405 : 404;
            break;
    }
}

static Task Say(HttpResponse response, string text)
{
    response.ContentType = "text/plain";
    response.ContentLength = Encoding.UTF8.GetByteCount(text);
    return response.WriteAsync(text);
}

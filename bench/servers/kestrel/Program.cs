// The twin of `saker serve` on real Kestrel: the same endpoints with the same answers, as a minimal API
// in its fastest usual form (slim builder, no logging, source-generated JSON). Used by load comparisons
// and by the runner that compares behaviour; defaults are Kestrel's own.
//   kestrel --urls http://127.0.0.1:24140
//   kestrel --https 24143 --certificate FILE.pem [--http 24140] [--protocols Http2]
//                                     on 127.0.0.1; HTTP/1.1 alone, if the protocols are not said
using System.Buffers;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Server.Kestrel.Core;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.Services.ConfigureHttpJsonOptions(options =>
    options.SerializerOptions.TypeInfoResolverChain.Insert(0, Words.Default));

if (builder.Configuration["https"] is { } https)
{
    var file = builder.Configuration["certificate"]!;
    using var read = X509Certificate2.CreateFromPemFile(file, file);
    var certificate = X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
    var protocols = Enum.Parse<HttpProtocols>(builder.Configuration["protocols"] ?? nameof(HttpProtocols.Http1));
    builder.WebHost.UseKestrelHttpsConfiguration();
    builder.WebHost.ConfigureKestrel(options =>
    {
        options.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = protocols);
        options.Listen(IPAddress.Loopback, int.Parse(https), endpoint => endpoint.UseHttps(certificate));
        if (builder.Configuration["http"] is { } http) options.Listen(IPAddress.Loopback, int.Parse(http));
    });
}

var app = builder.Build();
var block = new byte[64 * 1024];
block.AsSpan().Fill((byte)'x');

app.MapGet("/", () => Results.Text("<!doctype html><title>Kestrel</title><p>The twin of saker serve\n", "text/html"));

var hello = "Hello, World!"u8.ToArray();
app.MapGet("/plaintext", context =>
{
    context.Response.ContentType = "text/plain";
    context.Response.ContentLength = hello.Length;
    return context.Response.Body.WriteAsync(hello, 0, hello.Length);
});

app.MapGet("/json", context =>
{
    var json = JsonSerializer.SerializeToUtf8Bytes(new Greeting("Hello, World!"), Words.Default.Greeting);
    context.Response.ContentType = "application/json";
    context.Response.ContentLength = json.Length;
    return context.Response.Body.WriteAsync(json, 0, json.Length);
});

app.MapPost("/echo", async context =>
{
    context.Response.ContentType = context.Request.ContentType;
    context.Response.ContentLength = context.Request.ContentLength;
    var reader = context.Request.BodyReader;
    var writer = context.Response.BodyWriter;
    while (true)
    {
        var read = await reader.ReadAsync();
        foreach (var segment in read.Buffer) writer.Write(segment.Span);
        reader.AdvanceTo(read.Buffer.End);
        if (!read.Buffer.IsEmpty) await writer.FlushAsync();
        if (read.IsCompleted) break;
    }
});

app.MapPost("/upload", async context =>
{
    long bytes = 0;
    var reader = context.Request.BodyReader;
    while (true)
    {
        var read = await reader.ReadAsync();
        bytes += read.Buffer.Length;
        reader.AdvanceTo(read.Buffer.End);
        if (read.IsCompleted) break;
    }
    await context.Response.WriteAsJsonAsync(new Uploaded(bytes), Words.Default.Uploaded);
});

app.MapGet("/bytes/{n:long}", async (HttpContext context, long n) =>
{
    context.Response.ContentType = "application/octet-stream";
    context.Response.ContentLength = n;
    for (; n > 0; n -= block.Length)
        await context.Response.Body.WriteAsync(block.AsMemory(0, (int)Math.Min(n, block.Length)));
});

app.MapGet("/stream/{n:int}", async (HttpContext context, int n) =>
{
    context.Response.ContentType = "text/plain";
    var trailers = context.Response.SupportsTrailers();  // Kestrel sends none over HTTP/1.1
    if (trailers) context.Response.DeclareTrailer("X-Chunks");
    for (var i = 0; i < n; i++)
    {
        await context.Response.WriteAsync($"chunk {i}\n");
        await context.Response.Body.FlushAsync();
    }
    if (trailers) context.Response.AppendTrailer("X-Chunks", n.ToString());
});

app.MapGet("/delay/{ms:int}", async (int ms) =>
{
    await Task.Delay(ms);
    return Results.Text($"waited {ms} ms\n");
});

app.MapGet("/offload/{ms:int}", async (int ms) =>
{
    await Task.Factory.StartNew(() => Thread.Sleep(ms), TaskCreationOptions.LongRunning);
    return Results.Text($"blocked a pool thread for {ms} ms\n");
});

app.MapGet("/headers", (HttpContext context) =>
    context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString()));

app.Run();

record Greeting(string message);
record Uploaded(long bytes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Greeting))]
[JsonSerializable(typeof(Uploaded))]
[JsonSerializable(typeof(Dictionary<string, string>))]
partial class Words : JsonSerializerContext;

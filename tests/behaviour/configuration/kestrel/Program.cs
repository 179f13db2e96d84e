// Real Kestrel with the default host, started in a folder with settings files: says as one line of JSON
// which limits it has, what it warned of, or why it did not start; then serves until its input ends.
// Limits are bound as its documentation tells to: Configure<KestrelServerOptions>(section).
using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

static string Shown(object? value) => value switch
{
    null => "null",
    true => "true",
    false => "false",
    TimeSpan time when time == TimeSpan.MaxValue || time == Timeout.InfiniteTimeSpan => "Infinite",
    TimeSpan time => time.Milliseconds == 0 ? time.ToString("c") : time.ToString("c")[..^4],
    _ => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!,
};

static Dictionary<string, string> Limits(KestrelServerOptions options)
{
    var limits = options.Limits;
    var all = new Dictionary<string, object?>
    {
        ["Kestrel:AddServerHeader"] = options.AddServerHeader,
        ["Kestrel:AllowHostHeaderOverride"] = options.AllowHostHeaderOverride,
        ["Kestrel:AllowResponseHeaderCompression"] = options.AllowResponseHeaderCompression,
        ["Kestrel:AllowAlternateSchemes"] = options.AllowAlternateSchemes,
        ["Kestrel:Limits:MinRequestBodyDataRate:BytesPerSecond"] = limits.MinRequestBodyDataRate?.BytesPerSecond,
        ["Kestrel:Limits:MinResponseDataRate:BytesPerSecond"] = limits.MinResponseDataRate?.BytesPerSecond,
    };
    foreach (var one in typeof(KestrelServerLimits).GetProperties().Where(one => one.CanWrite))
        if (one.PropertyType != typeof(MinDataRate)) all["Kestrel:Limits:" + one.Name] = one.GetValue(limits);
    foreach (var one in typeof(Http2Limits).GetProperties().Where(one => one.CanWrite))
        all["Kestrel:Limits:Http2:" + one.Name] = one.GetValue(limits.Http2);
    return all.ToDictionary(one => one.Key, one => Shown(one.Value));
}

var told = new Told();
var said = new Dictionary<string, object>();
WebApplication? app = null;
try
{
    var builder = WebApplication.CreateBuilder(args);
    if (builder.Configuration["config"] is { } file) builder.Configuration.AddJsonFile(Path.GetFullPath(file));
    builder.Logging.ClearProviders();
    builder.Logging.AddProvider(told);
    builder.Services.Configure<KestrelServerOptions>(builder.Configuration.GetSection("Kestrel"));
    app = builder.Build();
    said["environment"] = app.Environment.EnvironmentName;
    app.MapGet("/plaintext", () => "Hello, World!");
    app.MapGet("/bytes/{n:int}", (int n) => Results.Bytes(new byte[n]));
    app.MapPost("/echo", async (HttpContext context) =>
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        return Results.Bytes(body.ToArray());
    });
    app.Start();
    said["limits"] = Limits(app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value);
}
catch (Exception problem)
{
    said["error"] = (problem.InnerException ?? problem).Message;
}
said["warnings"] = told.Messages.ToArray();
Console.WriteLine(JsonSerializer.Serialize(said));
if (!said.ContainsKey("error")) Console.In.ReadToEnd();
Environment.Exit(0);

// Keeps what is logged as a warning, and Kestrel's own word on which addresses win.
class Told : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Messages { get; } = new();
    public ILogger CreateLogger(string category) => this;
    public void Dispose() { }
    public IDisposable? BeginScope<T>(T state) where T : notnull => null;
    public bool IsEnabled(LogLevel level) => true;
    public void Log<T>(LogLevel level, EventId id, T state, Exception? problem, Func<T, Exception?, string> text)
    {
        var message = text(state, problem);
        if (message.StartsWith("Overriding")) Messages.Enqueue(message);
    }
}

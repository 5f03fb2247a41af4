using DatapathKernels.Report;
using DatapathKernels.Report.Records;
using Microsoft.Playwright;
using Xunit;

namespace DatapathKernels.BrowserTests;

/// <summary>A report of made-up records in a headless browser without a network.</summary>
public sealed class ReportPage : IAsyncLifetime
{
    /// <summary>A name that would be seen at once if anything took it for markup.</summary>
    public const string Evil = "</script><img src=x onerror=document.title='evil'>";

    private readonly string _folder = Directory.CreateTempSubdirectory("datapath-").FullName;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        if (BrowserFactAttribute.Executable is not { } executable)
            return;
        ReportRenderer.Write(_folder, Records(), [], "cpu: test\nprofile: quick\n", ReportNotes.None);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = executable, Headless = true, Args = ["--no-sandbox", "--disable-gpu"] });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The page, opened and offline; what it asks for besides itself and what it complains of is collected.</summary>
    public async Task<(IPage Page, List<string> Requests, List<string> Errors)> Open(BrowserNewContextOptions? options = null)
    {
        IBrowserContext context = await _browser!.NewContextAsync(options ?? new());
        await context.SetOfflineAsync(true);
        IPage page = await context.NewPageAsync();
        List<string> requests = [], errors = [];
        page.Request += (_, request) => requests.Add(request.Url);
        page.PageError += (_, error) => errors.Add(error);
        page.Console += (_, message) => errors.AddRange(message.Type == "error" ? [message.Text] : []);
        await page.GotoAsync(new Uri(Path.Combine(_folder, ReportRenderer.HtmlName)).AbsoluteUri);
        return (page, requests, errors);
    }

    private static List<BenchmarkRecord> Records()
    {
        List<BenchmarkRecord> records = [];
        foreach (int services in (int[])[10, 100, 1000])
        {
            records.Add(Case("ServiceLookupBench", "IptablesLinear", services, [new("Services", services)]));
            records.Add(Case("ServiceLookupBench", "Dictionary", 4, [new("Services", services)]) with { P50 = 4, P99 = 9, P999 = 20, P9999 = 44 });
            foreach (bool miss in (bool[])[false, true])
                records.Add(Case("ChainBench", "Linear", services * (miss ? 2 : 1), [new("Services", services), new("Miss", miss)]));
        }

        foreach (int services in (int[])[1000, 30_000])
            records.Add(Case("UpdateBench", "FullReload", 4000.0 * services, [new("Services", services)]));
        records.Add(Case("ZBench", Evil, 7, [new(Evil, Evil)]));
        return records;
    }

    private static BenchmarkRecord Case(string suite, string benchmark, double median, IEnumerable<KeyValuePair<string, object>> parameters) => new()
    {
        Suite = suite,
        Benchmark = benchmark,
        Parameters = RecordParameters.From(parameters),
        Unit = "ns/packet",
        Median = median,
        Mean = median,
        Min = median * 0.9,
        Max = median * 1.2,
        StandardDeviation = 0.5,
        AllocatedBytesPerOperation = 0,
        Machine = "test-cpu",
        Commit = "0123456789abcdef",
        Utc = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
    };
}

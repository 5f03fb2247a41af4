using System.Xml.Linq;
using DatapathKernels.Report;
using DatapathKernels.Report.Charts;
using DatapathKernels.Report.Records;
using Xunit;

namespace DatapathKernels.Tests.Report;

public sealed class RenderingTests : IDisposable
{
    private const string Evil = "<script>alert('x')</script>|*_`&\"";

    private readonly string _folder = Directory.CreateTempSubdirectory("datapath-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_markdown_of_a_small_run_reads_as_expected()
    {
        (string markdown, _) = ReportRenderer.Render(Samples.Crossing(), [], ReportEnvironment.Parse("cpu: a|b\n"));

        Assert.Equal(
            """
            # DatapathKernels on test-cpu

            With **1,000 Services**, the first packet of a connection costs **500 ns** in kube-proxy's iptables chains, walked rule by rule, and **10.0 ns** in a hash map (`Dictionary`): **50 times** less. Each Service adds a rule to the chain, and **0.50 ns** to the mean of its packets: about **1.00 ns** a rule walked, as a packet to a random Service passes half of them. The hash map goes from 10.0 ns at 10 Services to 10.0 ns at 1,000. The linear walk is the dearer one from about **20 Services** on.

            Measured on `test-cpu` at 2026-01-02 03:04 UTC, commit `0123456789ab`.

            ## Service lookup

            What does the first packet of a connection to a Service cost, as the cluster grows?

            The walk is the whole job, from PREROUTING to the rewritten headers. A dictionary only finds the Service: choosing an endpoint and rewriting, which do not grow with the cluster, come on top.

            Median ns/packet (min–max), and how many times less or more than IptablesLinear:

            | `Services` | `IptablesLinear` | `Dictionary` |
            | --- | ---: | ---: |
            | 10 | **5.00** (4.50–5.50) | **10.0** (9.00–11.0), 2.0× more |
            | 100 | **50.0** (45.0–55.0) | **10.0** (9.00–11.0), 5.0× less |
            | 1,000 | **500** (450–550) | **10.0** (9.00–11.0), 50× less |

            ## What lost

            - `ServiceLookupBench.Dictionary Services=10` costs 10.0 ns, 2.0 times its baseline `IptablesLinear`.
            - No case allocates managed memory.

            ## How to read this

            """, markdown[..(markdown.IndexOf("## How to read this", StringComparison.Ordinal) + "## How to read this\n\n".Length - 1)]);
        Assert.EndsWith("\n## Environment\n\n| | |\n| --- | --- |\n| cpu | `a\\|b` |\n", markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_does_the_same_work_is_held_against_one_another()
    {
        RecordParameters none = RecordParameters.From([]);
        (string markdown, _) = ReportRenderer.Render(
            [
                Samples.Case("DatapathBench", "Established", none, 50), Samples.Case("DatapathBench", "First", none, 400),
                Samples.Case("LruBench", "ExactLookup", none, 20), Samples.Case("LruBench", "ClockLookup", none, 30),
                Samples.Case("LruBench", "ExactInsertEvict", none, 300), Samples.Case("LruBench", "ClockInsertEvict", none, 200), Samples.Case("LruBench", "BpfInsertEvict", none, 600),
            ],
            [],
            ReportEnvironment.Parse(""));

        string lost = markdown[markdown.IndexOf("## What lost", StringComparison.Ordinal)..markdown.IndexOf("## How to read this", StringComparison.Ordinal)];
        Assert.Equal(
            ["- `LruBench.ClockLookup` costs 30.0 ns, 1.5 times its baseline `ExactLookup`.", "- `LruBench.BpfInsertEvict` costs 600 ns, 2.0 times its baseline `ExactInsertEvict`.", "- No case allocates managed memory."],
            lost.Split('\n').Where(line => line.StartsWith("- ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Numbers_of_an_axis_have_the_room_they_need()
    {
        ChartSize size = ChartSize.Narrow;

        Assert.Equal(ChartSize.Wide, ChartSize.Wide.WithRoomFor(3));
        Assert.InRange(size.WithRoomFor("100,000,000".Length).Left, 90, 100);
    }

    [Fact]
    public void The_page_needs_nothing_from_elsewhere()
    {
        (_, string html) = ReportRenderer.Render(Samples.Crossing(), [], ReportEnvironment.Parse(""));

        Assert.DoesNotMatch("<script[^>]* src", html);
        Assert.DoesNotMatch("fetch|XMLHttp|import", html);
        Assert.DoesNotContain("<link", html, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http", html.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("crossover at about 20", html, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme:dark", html, StringComparison.Ordinal);
        Assert.Contains("@media print", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_from_outside_are_text_and_never_markup()
    {
        BenchmarkRecord evil = Samples.Case(Evil, Evil, RecordParameters.From([new(Evil, Evil)]), 3) with { Machine = Evil, Commit = "<i>" };

        (string markdown, string html) = ReportRenderer.Render([evil], [], ReportEnvironment.Parse($"note: {Evil}\n{Evil}: {Evil}\n"));

        Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
        Assert.Equal(2, html.Split("<script").Length - 1);
        Assert.DoesNotContain("<i>", html, StringComparison.Ordinal);
        Assert.Contains(@"- \<script\>alert('x')\</script\>\|\*\_\`\&""", markdown, StringComparison.Ordinal);
        foreach (string svg in html.Split("<svg").Skip(1).Select(s => "<svg" + s[..(s.IndexOf("</svg>", StringComparison.Ordinal) + 6)]))
            Assert.Equal("svg", XElement.Parse(svg).Name.LocalName);
    }

    [Fact]
    public void Percentiles_stand_in_a_table_of_their_own()
    {
        BenchmarkRecord[] records = [Samples.Lookup("Dictionary", 10, 4) with { P50 = 4, P99 = 9.5, P999 = 20 }, Samples.Lookup("Dictionary", 100, 4)];

        (string markdown, string html) = ReportRenderer.Render(records, [], ReportEnvironment.Parse(""));

        Assert.Contains("Percentiles, ns/packet:\n\n|  | p50 | p99 | p99.9 | p99.99 |\n| --- | ---: | ---: | ---: | ---: |\n| `Dictionary`, Services 10 | 4.00 | 9.50 | 20.0 | not measured |\n", markdown, StringComparison.Ordinal);
        Assert.Contains("<caption>Percentiles, ns/packet</caption>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_renders_again_to_what_it_holds_notes_included()
    {
        BenchmarkRecord[] records = [.. Samples.Crossing(), Samples.Case("ABench", "X", RecordParameters.None, 2)];
        RecordFile.Write(_folder, records);
        ReportRenderer.Write(_folder, records, [], "cpu: test\n", new ReportNotes(["cut off at byte 12"]));
        string markdown = File.ReadAllText(Path.Combine(_folder, ReportRenderer.MarkdownName));

        (string again, string html) = ReportRenderer.Render(_folder);

        Assert.Contains("- cut off at byte 12", markdown, StringComparison.Ordinal);
        Assert.Equal(markdown, again);
        Assert.Equal(File.ReadAllText(Path.Combine(_folder, ReportRenderer.HtmlName)), html);
    }

    [Fact]
    public void Labels_move_apart_and_stay_in_order()
    {
        double[] places = LabelLayout.Spread([100, 98, 20, 101], [20, 20, 20, 20], 0, 120);

        Assert.Equal([90, 70, 20, 110], places);
        Assert.Equal(["hash map", "(FrozenDictionary)"], LabelLayout.Wrap("hash map (FrozenDictionary)", 12));
    }
}

using System.Text;

namespace DatapathKernels.Report.Explorer;

/// <summary>
/// The part of the page where the reader chooses: suite, parameter, metric and modes. It shows itself only when its script
/// runs; without scripts, and on paper, the charts and tables of the sections hold everything.
/// </summary>
internal static class ExplorerPage
{
    /// <summary>The section, empty until the script fills it.</summary>
    public const string Section = """
        <section id="explore" class="explore" aria-labelledby="explore-title" hidden>
        <h2 id="explore-title">Explore the numbers</h2>
        <p class="question">Choose a question, a metric and what to draw along. Point at a mark, or reach it with Tab and the arrow keys, for its numbers.</p>
        <form id="explore-form" aria-label="What to show"></form>
        <figure>
        <div id="explore-legend" class="legend" aria-hidden="true"></div>
        <div id="explore-chart" class="canvas"><div id="explore-tip" class="tip" aria-hidden="true" hidden></div></div>
        </figure>
        <p id="explore-status" class="question" role="status"></p>
        <div class="scroll" tabindex="0" role="region" aria-label="The numbers of the chart"><table id="explore-table" class="numbers"></table></div>
        </section>

        """;

    /// <summary>Its look; needs the variables of the charts.</summary>
    public const string Style = """
        .explore form{display:flex;flex-wrap:wrap;gap:.6rem 1.2rem;align-items:end;margin:1rem 0}
        .explore .choice{display:flex;flex-direction:column;font-size:.9rem;color:var(--muted);max-width:100%}
        .explore .tick{display:flex;gap:.4rem;align-items:center;font-size:.9rem;overflow-wrap:anywhere}
        .explore select{font:inherit;font-size:1rem;color:var(--fg);background:var(--bg);border:1px solid var(--muted);border-radius:6px;padding:.3rem .5rem;max-width:100%}
        .explore fieldset{display:flex;flex-wrap:wrap;gap:.3rem 1rem;border:1px solid var(--grid);border-radius:6px;margin:0;padding:.2rem .8rem .5rem;flex-basis:100%;min-width:0}
        .explore legend{font-size:.9rem;color:var(--muted);padding:0 .3rem}
        .explore .canvas{position:relative;min-height:8rem}
        .explore .canvas svg{width:auto;max-width:100%}
        .explore .legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.9rem}
        .explore .legend span{display:inline-flex;align-items:center;gap:.4rem}
        .explore svg.key{width:16px;height:16px}
        .explore .halo{fill:transparent}
        .explore .spot{outline:none;cursor:default}
        .explore .spot:hover .halo,.explore .spot:focus .halo{fill:var(--grid)}
        .explore .spot:focus .halo{stroke:var(--fg);stroke-width:2}
        .explore .tip{position:absolute;max-width:17rem;pointer-events:none;background:var(--fg);color:var(--bg);font-size:.9rem;line-height:1.35;padding:.35rem .6rem;border-radius:6px}
        .explore [hidden]{display:none}

        """;

    /// <summary>The data and the script, for the end of the page.</summary>
    public static string Script(string data) => $"<script type=\"application/json\" id=\"explore-data\">{data}</script>\n<script>\n{ReadScript()}</script>\n";

    private static string ReadScript()
    {
        using Stream source = typeof(ExplorerPage).Assembly.GetManifestResourceStream("explorer.js")!;
        using StreamReader reader = new(source, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

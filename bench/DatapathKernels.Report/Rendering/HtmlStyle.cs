using DatapathKernels.Report.Charts;
using DatapathKernels.Report.Explorer;

namespace DatapathKernels.Report.Rendering;

/// <summary>The look of the page: light and dark by the reader's setting, one column on phones, black on white on paper.</summary>
internal static class HtmlStyle
{
    /// <summary>All of it.</summary>
    public const string Text = ":root{color-scheme:light dark;" + ChartStyle.Light + "}\n@media (prefers-color-scheme:dark){:root{" + ChartStyle.Dark + "}}\n"
        + ChartStyle.Rules + Page + ExplorerPage.Style + "@media print{:root{color-scheme:light;" + ChartStyle.Light + "}" + Print + "}\n";

    private const string Page = """
        *{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        main{max-width:62rem;margin:0 auto;padding:2rem 1.25rem 4rem}
        h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem;overflow-wrap:anywhere}
        h2{font-size:1.25rem;margin:2.75rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--grid)}
        .origin,.question,figcaption,caption{color:var(--muted)}
        .origin{margin:0 0 1.5rem;overflow-wrap:anywhere}
        .headline{font-size:1.15rem;border-left:4px solid var(--s0);padding:.1rem 0 .1rem 1rem;margin:1.5rem 0}
        .headline p{margin:.4rem 0}
        .notes{margin-top:1.5rem;border:2px solid var(--s0);border-radius:8px;padding:.25rem 1rem .75rem}
        .notes h2{border:0;margin:.5rem 0 0;padding:0}
        nav{font-size:.95rem}
        nav a{margin-right:1.1rem;white-space:nowrap}
        a{color:var(--s1)}
        code{font:.92em ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
        figure{margin:1.25rem 0}
        figure svg{display:block;width:100%;height:auto}
        figure svg.wide{max-width:56rem}
        figure svg.narrow{display:none;max-width:26rem}
        figcaption,caption{font-size:.9rem;text-align:left}
        .scroll{overflow-x:auto;margin:1.25rem 0}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.95rem}
        caption{padding-bottom:.5rem}
        th,td{padding:.4rem .9rem .4rem 0;border-bottom:1px solid var(--grid);vertical-align:top}
        th{text-align:left;font-weight:600}
        .numbers td,.numbers thead th+th{text-align:right;white-space:nowrap;padding-left:1.2rem}
        .numbers thead th{border-bottom:2px solid var(--muted)}
        .environment td{overflow-wrap:anywhere}
        .environment th{font-weight:400;color:var(--muted);white-space:nowrap}
        li{margin:.3rem 0;overflow-wrap:anywhere}
        @media (max-width:640px){main{padding:1.25rem 1rem 3rem}figure svg.wide{display:none}figure svg.narrow{display:block}}

        """;

    private const string Print =
        "body{font-size:10pt}main{max-width:none;padding:0}nav,.explore{display:none}h2,caption{break-after:avoid}figure,table,.headline,.notes{break-inside:avoid}"
        + "figure svg.wide{display:block;max-width:16cm}figure svg.narrow{display:none}.scroll{overflow:visible}.numbers td{white-space:normal}";
}

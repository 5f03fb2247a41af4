namespace DatapathKernels.Report.Charts;

/// <summary>The look of the charts: colours that the colour-blind tell apart (after Okabe and Ito), for light and dark.</summary>
internal static class ChartStyle
{
    /// <summary>How many series colours there are.</summary>
    public const int Colours = 6;

    /// <summary>The colours as variables, light.</summary>
    public const string Light =
        "--bg:#ffffff;--fg:#1b1f24;--muted:#57606a;--grid:#d8dee4;--s0:#c44e00;--s1:#0067a5;--s2:#007a58;--s3:#9c3f78;--s4:#6b5b00;--s5:#4d5157;";

    /// <summary>The colours as variables, dark.</summary>
    public const string Dark =
        "--bg:#12161b;--fg:#e6eaef;--muted:#9aa4af;--grid:#2e363f;--s0:#ff9a57;--s1:#62b8f0;--s2:#3fd0a2;--s3:#ea93c6;--s4:#e3cf4f;--s5:#b6bdc5;";

    /// <summary>The rules; they need the variables.</summary>
    public const string Rules = """
        .chart text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--fg)}
        .chart .muted{fill:var(--muted)}
        .chart .strong{font-weight:600}
        .chart .bg{fill:var(--bg)}
        .chart .grid{stroke:var(--grid);stroke-width:1}
        .chart .axis{stroke:var(--muted);stroke-width:1}
        .chart .lead{stroke:var(--muted);stroke-width:1;stroke-dasharray:2 3}
        .chart .cross{stroke:var(--fg);stroke-width:1.5;stroke-dasharray:5 4}
        .chart .ring{fill:none;stroke:var(--fg);stroke-width:2}
        .chart .curve{fill:none;stroke-width:2.5;stroke-linejoin:round}
        .chart .spread{stroke-width:1.5;opacity:.6}
        .chart .whisker{stroke:var(--fg);stroke-width:1.5}
        .chart .mark{stroke:var(--bg);stroke-width:1}
        .chart .s0{fill:var(--s0)}.chart .s1{fill:var(--s1)}.chart .s2{fill:var(--s2)}
        .chart .s3{fill:var(--s3)}.chart .s4{fill:var(--s4)}.chart .s5{fill:var(--s5)}
        .chart .l0{stroke:var(--s0)}.chart .l1{stroke:var(--s1)}.chart .l2{stroke:var(--s2)}
        .chart .l3{stroke:var(--s3)}.chart .l4{stroke:var(--s4)}.chart .l5{stroke:var(--s5)}

        """;

    /// <summary>The style of a chart that is a file of its own.</summary>
    public const string Standalone = ":root{" + Light + "}\n@media (prefers-color-scheme:dark){:root{" + Dark + "}}\n" + Rules;
}

using Microsoft.Playwright;
using Xunit;

namespace DatapathKernels.BrowserTests;

/// <summary>What a reader does with the page: by mouse, by keyboard, by ear, on paper and on a phone.</summary>
public sealed class ExplorerTests(ReportPage report) : IClassFixture<ReportPage>
{
    [BrowserFact]
    public async Task Nothing_is_asked_of_a_network_and_nothing_goes_wrong()
    {
        (IPage page, List<string> requests, List<string> errors) = await report.Open();

        Assert.Equal("Explore the numbers", await Explorer(page).GetByRole(AriaRole.Heading).TextContentAsync());
        foreach (string question in await Options(page, "Question"))
        {
            await Choose(page, "Question", question);
            foreach (string metric in await Options(page, "Metric"))
                await Choose(page, "Metric", metric);
            await Choose(page, "Draw along", "modes, at one size");
        }

        Assert.Single(requests);
        Assert.Empty(errors);
        Assert.Equal("DatapathKernels on test-cpu", await page.TitleAsync());
    }

    [BrowserFact]
    public async Task Suite_parameter_metric_and_modes_are_chosen_and_the_table_follows()
    {
        (IPage page, _, _) = await report.Open();

        Assert.Equal("Services|iptables, rule by rule|hash map/10|10.0|4.00/100|100|4.00/1,000|1,000|4.00", await Table(page));
        await Choose(page, "Metric", "p99.9");
        Assert.Equal("Services|hash map/10|20.0/100|20.0/1,000|20.0", await Table(page));
        await Choose(page, "Metric", "times the baseline");
        Assert.Equal("Services|iptables, rule by rule|hash map/10|1.00|0.40/100|1.00|0.040/1,000|1.00|0.0040", await Table(page));
        await Choose(page, "Metric", "slowest iteration");
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "iptables, rule by rule" }).UncheckAsync();
        Assert.Equal("Services|hash map/10|4.80/100|4.80/1,000|4.80", await Table(page));

        await Choose(page, "Question", "Three ways through the same rules");
        await Choose(page, "Metric", "median");
        await Choose(page, "Miss", "True");
        Assert.Equal("Services|rule by rule/10|20.0/100|200/1,000|2,000", await Table(page));
        await Choose(page, "Draw along", "modes, at one size");
        await Choose(page, "Services", "1,000");
        Assert.Equal("|rule by rule/all|2,000", await Table(page));
        Assert.Contains("Services 1,000, Miss True", await Explorer(page).GetByRole(AriaRole.Status).TextContentAsync(), StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task Pointing_at_a_mark_gives_its_numbers()
    {
        (IPage page, _, _) = await report.Open();
        const string Words = "hash map, Services 100: median 4.00 ns a packet, from 3.60 to 4.80";

        await page.GetByRole(AriaRole.Img, new() { Name = Words }).HoverAsync();

        Assert.Equal(Words, await page.Locator("#explore-tip").TextContentAsync());
        Assert.True(await page.Locator("#explore-tip").IsVisibleAsync());
        await page.Mouse.MoveAsync(0, 0);
        Assert.False(await page.Locator("#explore-tip").IsVisibleAsync());
    }

    [BrowserFact]
    public async Task The_keyboard_reaches_every_control_and_every_point()
    {
        (IPage page, _, _) = await report.Open();
        await page.GetByLabel("Question").FocusAsync();

        List<string> reached = [];
        for (int i = 0; i < 8; i++)
        {
            reached.Add(await Focused(page));
            await page.Keyboard.PressAsync("Tab");
        }

        Assert.Equal(["Question", "Metric", "Draw along", "Log scale", "iptables, rule by rule", "hash map"], reached[..6]);
        Assert.Equal("iptables, rule by rule, Services 10: median 10.0 ns a packet, from 9.00 to 12.0", reached[6]);
        Assert.Equal("The numbers of the chart", reached[7]);

        await page.Locator(".spot[tabindex='0']").FocusAsync();
        foreach ((string key, string where) in ((string, string)[])
            [("ArrowRight", "rule, Services 100:"), ("ArrowDown", "hash map, Services 100:"), ("End", "hash map, Services 1,000:"), ("ArrowUp", "rule, Services 1,000:"), ("Home", "rule, Services 10:")])
        {
            await page.Keyboard.PressAsync(key);
            Assert.Contains(where, await Focused(page), StringComparison.Ordinal);
            Assert.Equal(await Focused(page), await page.Locator("#explore-tip").TextContentAsync());
        }

        await page.Keyboard.PressAsync("Escape");
        Assert.False(await page.Locator("#explore-tip").IsVisibleAsync());
    }

    [BrowserFact]
    public async Task A_choice_keeps_the_focus_where_it_was()
    {
        (IPage page, _, _) = await report.Open();

        await page.GetByLabel("Draw along").FocusAsync();
        await Choose(page, "Draw along", "modes, at one size");

        Assert.Equal("Draw along", await Focused(page));
    }

    [BrowserFact]
    public async Task Light_and_dark_follow_the_reader_and_text_stands_out_in_both()
    {
        foreach (ColorScheme scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            (IPage page, _, _) = await report.Open(new() { ColorScheme = scheme });
            Assert.Equal(scheme == ColorScheme.Light ? "rgb(255, 255, 255)" : "rgb(18, 22, 27)", await Style(page, "body", "backgroundColor"));
            foreach (string text in (string[])["body", "#explore-status", ".explore .muted", ".explore select", ".tip"])
                Assert.True(await Contrast(page, text) >= 4.5, $"{scheme}: {text} has a contrast of {await Contrast(page, text)}; expected 4.5 at least");
        }
    }

    [BrowserFact]
    public async Task Paper_gets_the_charts_and_tables_without_the_controls()
    {
        (IPage page, _, _) = await report.Open(new() { ColorScheme = ColorScheme.Dark });

        await page.EmulateMediaAsync(new() { Media = Media.Print, ColorScheme = ColorScheme.Dark });

        Assert.False(await Explorer(page).IsVisibleAsync());
        Assert.True(await page.Locator("#ServiceLookupBench").IsVisibleAsync());
        Assert.Equal("rgb(255, 255, 255)", await Style(page, "body", "backgroundColor"));
        byte[] pdf = await page.PdfAsync(new() { Format = "A4" });
        Assert.Equal("%PDF"u8.ToArray(), pdf[..4]);
    }

    [BrowserFact]
    public async Task Paper_holds_every_chart_whole_and_shows_each_once()
    {
        (IPage page, _, _) = await report.Open();
        await page.EmulateMediaAsync(new() { Media = Media.Print });

        int figures = await page.Locator("figure:visible").CountAsync();
        Assert.InRange(figures, 4, int.MaxValue);
        Assert.Equal(figures, await page.Locator("figure svg.chart:visible").CountAsync());
        Assert.Equal("avoid", await Style(page, "figure", "breakInside"));
    }

    [BrowserTheory]
    [InlineData(1200)]
    [InlineData(360)]
    public async Task No_words_of_a_chart_are_cut_off_at_its_edge(int width)
    {
        (IPage page, _, _) = await report.Open(new() { ViewportSize = new() { Width = width, Height = 900 } });
        const string Cut = """
            e => [...e.querySelectorAll('svg.chart')].filter(s => s.getBoundingClientRect().width > 0).flatMap(s => {
              const box = s.getBoundingClientRect();
              return [...s.querySelectorAll('text')].filter(t => {
                const own = t.getBoundingClientRect();
                return own.left < box.left - 0.5 || own.right > box.right + 0.5 || own.top < box.top - 0.5 || own.bottom > box.bottom + 0.5;
              }).map(t => t.textContent);
            }).join('|')
            """;

        await Choose(page, "Question", "Changing rules");

        Assert.Equal("100,000,000", await page.Locator("#explore-chart text", new() { HasText = "100,000,000" }).First.TextContentAsync());
        Assert.Equal("", await page.Locator("#UpdateBench").EvaluateAsync<string>(Cut));
        Assert.Equal("", await page.Locator("#ServiceLookupBench").EvaluateAsync<string>(Cut));
        Assert.Equal("", await page.Locator("#explore-chart").EvaluateAsync<string>(Cut));
    }

    [BrowserFact]
    public async Task A_phone_shows_it_without_scrolling_sideways()
    {
        (IPage page, _, _) = await report.Open(new() { ViewportSize = new() { Width = 360, Height = 740 } });

        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        Assert.InRange(await page.Locator("#explore-chart svg").First.EvaluateAsync<double>("e => e.getBoundingClientRect().right"), 100, 360);
    }

    [BrowserFact]
    public async Task Names_from_outside_stay_text()
    {
        (IPage page, _, List<string> errors) = await report.Open();

        await Choose(page, "Question", "Z");

        Assert.Contains(ReportPage.Evil, await Table(page), StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator("img").CountAsync());
        Assert.Equal("DatapathKernels on test-cpu", await page.TitleAsync());
        Assert.Empty(errors);
    }

    [BrowserFact]
    public async Task Without_scripts_the_charts_and_tables_are_all_there()
    {
        (IPage page, _, _) = await report.Open(new() { JavaScriptEnabled = false });

        Assert.False(await Explorer(page).IsVisibleAsync());
        Assert.True(await page.GetByRole(AriaRole.Cell, new() { Name = "4.00 (3.60–4.80), 250× less" }).IsVisibleAsync());
    }

    private static ILocator Explorer(IPage page) => page.Locator("#explore");

    private static async Task Choose(IPage page, string title, string option) =>
        await page.GetByLabel(title, new() { Exact = true }).SelectOptionAsync(new SelectOptionValue { Label = option });

    private static async Task<IReadOnlyList<string>> Options(IPage page, string title) =>
        await page.GetByLabel(title, new() { Exact = true }).Locator("option").AllTextContentsAsync();

    private static async Task<string> Table(IPage page) =>
        await page.Locator("#explore-table").EvaluateAsync<string>("t => [...t.rows].map(r => [...r.cells].map(c => c.textContent).join('|')).join('/')");

    private static async Task<string> Focused(IPage page) => await page.EvaluateAsync<string>(
        "(() => { const e = document.activeElement; return e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.tagName; })()");

    private static async Task<string> Style(IPage page, string selector, string property) =>
        await page.Locator(selector).First.EvaluateAsync<string>("(e, name) => getComputedStyle(e)[name]", property);

    /// <summary>The contrast of a text against what it stands on, as the WCAG define it.</summary>
    private static async Task<double> Contrast(IPage page, string selector) => await page.Locator(selector).First.EvaluateAsync<double>("""
        e => {
          const parse = (text) => text.match(/[\d.]+/g).map(Number);
          const light = (text) => parse(text).slice(0, 3).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const ground = (n) => { const c = getComputedStyle(n).backgroundColor; return (parse(c)[3] ?? 1) > 0 ? c : ground(n.parentElement); };
          const style = getComputedStyle(e), text = light(e instanceof SVGElement ? style.fill : style.color), back = light(ground(e));
          return (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
        }
        """);
}

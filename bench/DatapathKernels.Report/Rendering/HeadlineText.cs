using DatapathKernels.Report.Analysis;

namespace DatapathKernels.Report.Rendering;

/// <summary>The answer in sentences.</summary>
internal static class HeadlineText
{
    /// <summary>The whole headline: what a connection costs, what a Service adds, and from where on it matters.</summary>
    public static IReadOnlyList<Prose> Of(LookupAnswer answer)
    {
        List<Prose> sentences = [Cost(answer)];
        if (answer.Slope is { } slope)
            sentences.Add(Growth(answer, slope));
        sentences.Add(CrossoverOf(answer));
        return sentences;
    }

    /// <summary>The first sentence: both costs at the quoted size and their ratio.</summary>
    public static Prose Cost(LookupAnswer answer)
    {
        (SeriesPoint linear, SeriesPoint flat) = answer.Quoted;
        Prose prose = new Prose()
            .Text("With ").Bold($"{Numbers.Count(linear.X)} Services").Text(", the first packet of a connection costs ")
            .Bold($"{Numbers.Time(linear.Median)} ns").Text(" in kube-proxy's iptables chains, walked rule by rule, and ")
            .Bold($"{Numbers.Time(flat.Median)} ns").Text(" in a hash map (").Code(answer.Flat.Benchmark).Text("): ");
        return linear.Median >= flat.Median
            ? prose.Bold($"{Numbers.Times(linear.Median / flat.Median)} times").Text(" less.")
            : prose.Bold($"{Numbers.Times(flat.Median / linear.Median)} times").Text(" more.");
    }

    /// <summary>The last sentence: from which size on the linear walk is dearer.</summary>
    public static Prose CrossoverOf(LookupAnswer answer)
    {
        double first = answer.Linear.Points[0].X, last = answer.Linear.Points[^1].X;
        string range = $"from {Numbers.Count(first)} to {Numbers.Count(last)} Services";
        return answer.Crossover.Kind switch
        {
            CrossoverKind.Crosses => new Prose().Text("The linear walk is the dearer one from about ").Bold($"{Numbers.About(answer.Crossover.X)} Services").Text(" on."),
            CrossoverKind.AlwaysAbove => Prose.Of($"There is no crossover: the linear walk is the dearer one at every size measured, {range}."),
            _ => Prose.Of($"There is no crossover: the linear walk has not become the dearer one at any size measured, {range}."),
        };
    }

    private static Prose Growth(LookupAnswer answer, double slope)
    {
        SeriesPoint small = answer.Flat.Points[0], large = answer.Flat.Points[^1];
        return new Prose()
            .Text("Each Service adds a rule to the chain, and ").Bold($"{Numbers.Time(Math.Max(slope, 0))} ns").Text(" to the mean of its packets: about ")
            .Bold($"{Numbers.Time(Math.Max(2 * slope, 0))} ns").Text(" a rule walked, as a packet to a random Service passes half of them. The hash map goes from ")
            .Text($"{Numbers.Time(small.Median)} ns at {Numbers.Count(small.X)} Services to {Numbers.Time(large.Median)} ns at {Numbers.Count(large.X)}.");
    }
}

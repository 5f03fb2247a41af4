namespace DatapathKernels.Report.Charts;

/// <summary>Moves labels apart along one direction until none covers another.</summary>
internal static class LabelLayout
{
    /// <summary>
    /// Gives every label a place between <paramref name="low"/> and <paramref name="high"/> as close to what it wants as its
    /// neighbours allow: first each is pushed behind the one before, then what stands out at the end is pushed back.
    /// </summary>
    /// <param name="wanted">The centre each label wants.</param>
    /// <param name="heights">How much each takes.</param>
    /// <param name="low">The first place.</param>
    /// <param name="high">The last place; what does not fit at all stands out at the low end.</param>
    /// <returns>The centres, in the order given.</returns>
    public static double[] Spread(IReadOnlyList<double> wanted, IReadOnlyList<double> heights, double low, double high)
    {
        int[] order = [.. Enumerable.Range(0, wanted.Count).OrderBy(i => wanted[i])];
        double[] places = new double[wanted.Count];
        double edge = low;
        foreach (int i in order)
        {
            places[i] = Math.Max(wanted[i], edge + (heights[i] / 2));
            edge = places[i] + (heights[i] / 2);
        }

        edge = high;
        for (int at = order.Length - 1; at >= 0; at--)
        {
            int i = order[at];
            places[i] = Math.Min(places[i], edge - (heights[i] / 2));
            edge = places[i] - (heights[i] / 2);
        }

        return places;
    }

    /// <summary>Breaks a text at spaces into lines of at most so many characters; a longer word stands alone.</summary>
    public static IReadOnlyList<string> Wrap(string text, int characters)
    {
        List<string> lines = [];
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (lines.Count > 0 && lines[^1].Length + 1 + word.Length <= characters)
                lines[^1] += " " + word;
            else
                lines.Add(word);
        }

        return lines;
    }
}

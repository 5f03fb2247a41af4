namespace DatapathKernels.Report.Charts;

/// <summary>The canvas of a chart. Every chart is drawn twice, for wide screens and for phones, so that text keeps its size.</summary>
/// <param name="Name">The style class that shows or hides it.</param>
internal sealed record ChartSize(string Name, int Width, int Height, int Left, int Right, int Top, int Bottom)
{
    /// <summary>The average width of a character, for placing labels.</summary>
    public const double CharacterWidth = 7;

    /// <summary>The same of numbers of many digits, in the widest of the fonts asked for: here too little would cut.</summary>
    private const double TickCharacterWidth = 7.5;

    /// <summary>Between the numbers of the vertical axis and the axis; half of it is left before them.</summary>
    public const int TickGap = 8;

    /// <summary>Screens, paper and the README.</summary>
    public static ChartSize Wide { get; } = new("wide", 760, 420, Left: 64, Right: 200, Top: 40, Bottom: 56);

    /// <summary>Phones.</summary>
    public static ChartSize Narrow { get; } = new("narrow", 360, 400, Left: 62, Right: 130, Top: 40, Bottom: 56);

    /// <summary>The right edge of the plot.</summary>
    public int PlotRight => Width - Right;

    /// <summary>The lower edge of the plot.</summary>
    public int PlotBottom => Height - Bottom;

    /// <summary>The same canvas, its plot as far to the right as numbers of so many characters need.</summary>
    public ChartSize WithRoomFor(int characters) => this with { Left = Math.Max(Left, (int)(characters * TickCharacterWidth) + TickGap + (TickGap / 2)) };

    /// <summary>How many characters a label beside the plot may have.</summary>
    public int LabelCharacters => (int)((Right - 30) / CharacterWidth);
}

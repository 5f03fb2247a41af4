using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>Which rules the counters of a <see cref="Shortcut"/>, which follow it, stand for.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal unsafe struct ShortcutCounts
{
    /// <summary>The number of the dispatch rule.</summary>
    public int Rule;

    /// <summary>The number of the rule that jumps to the first endpoint; those of the others follow.</summary>
    public int FirstJump;

    /// <summary>Tells what each rule of a shortcut counted, by its number; a rule may be named more than once.</summary>
    public static void Tell(Shortcut* shortcut, Action<int, RuleCounters> add)
    {
        ShortcutCounts* counts = Shortcut.CountsOf(shortcut);
        RuleCounters* counters = (RuleCounters*)(counts + 1);
        for (int endpoint = 0; endpoint <= shortcut->Draws; endpoint++)
        {
            RuleCounters counted = counters[endpoint];
            if (counted.Packets == 0)
                continue;
            add(counts->Rule, counted);
            add(counts->FirstJump + endpoint, counted);
            add(Shortcut.EndpointsOf(shortcut, shortcut->Draws)[endpoint].Number, counted);
        }
    }

    /// <summary>Counts from zero again.</summary>
    public static void Clear(Shortcut* shortcut) =>
        new Span<RuleCounters>(Shortcut.CountsOf(shortcut) + 1, shortcut->Draws + 1).Clear();
}

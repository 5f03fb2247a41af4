namespace DatapathKernels.Tests.Architecture;

/// <summary>The rooms of the core library (its namespaces) and which of them may use which.</summary>
internal static class RoomRules
{
    private const string Root = "DatapathKernels";

    private static readonly string[] Ground = ["Hashing", "Simd", "Memory", "Diagnostics"];

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Hashing"] = Ground,
        ["Simd"] = Ground,
        ["Memory"] = Ground,
        ["Diagnostics"] = Ground,
        ["Packets"] = Ground,
        ["Filtering"] = [.. Ground, "Packets", "Maps", "Conntrack"],
        ["LoadBalancing"] = [.. Ground, "Packets", "Maps"],
        ["Maps"] = [.. Ground, "Packets"],
        ["Overlay"] = [.. Ground, "Packets", "Maps"],
        ["Conntrack"] = [.. Ground, "Packets", "Maps"],
        ["Datapaths"] = [.. Ground, "Packets", "Maps", "Filtering", "LoadBalancing", "Overlay", "Conntrack"],
    };

    // The analyzer reads the same list from BannedSymbols.txt while one types; this holds for the code as it was built.
    private static readonly string[] Banned = ["System.Linq.", "System.IO.", "System.Threading.Tasks.", "System.Text.RegularExpressions.", "System.Console", "System.Random", "System.DateTime", "System.Diagnostics.Stopwatch"];

    /// <summary>Says what a use breaks, or null when it is allowed.</summary>
    public static string? Violation(string user, string used)
    {
        if (RoomOf(user) is not { } room)
            return null;
        if (Banned.Any(b => b.EndsWith('.') ? used.StartsWith(b, StringComparison.Ordinal) : used == b))
            return $"{user} uses {used}, which is banned in the core library";
        if (RoomOf(used) is not { } other || other == room)
            return null;
        if (!Allowed.TryGetValue(room, out string[]? allowed))
            return $"{user} stands in the unknown room {room}; expected a rule for it here";
        return allowed.Contains(other) ? null : $"{user} ({room}) uses {used} ({other}); expected only {string.Join(", ", allowed)}";
    }

    private static string? RoomOf(string type)
    {
        string[] parts = type.Split('.');
        return parts.Length > 2 && parts[0] == Root ? parts[1] : null;
    }
}

namespace DatapathKernels.Filtering;

/// <summary>Which builtin chain belongs to which hook of which table.</summary>
public static class Hooks
{
    /// <summary>Number of hooks.</summary>
    public const int Count = 5;

    /// <summary>Number of tables.</summary>
    public const int TableCount = 5;

    private static readonly string[] ChainNames = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
    private static readonly string[] TableNames = ["raw", "mangle", "nat", "filter", "security"];

    /// <summary>The name of the builtin chain of a hook, for example <c>PREROUTING</c>.</summary>
    public static string NameOf(Hook hook) => ChainNames[(int)hook];

    /// <summary>The name of a table as it stands in the files, for example <c>nat</c>.</summary>
    public static string NameOf(TableKind table) => TableNames[(int)table];

    /// <summary>The table of that name.</summary>
    public static bool TryParseTable(string name, out TableKind table)
    {
        int index = Array.IndexOf(TableNames, name);
        table = (TableKind)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>The hook whose builtin chain in <paramref name="table"/> has this name.</summary>
    public static bool TryParseChain(TableKind table, string name, out Hook hook)
    {
        int index = Array.IndexOf(ChainNames, name);
        hook = (Hook)Math.Max(index, 0);
        return index >= 0 && Exists(table, hook);
    }

    /// <summary>True when the table has a builtin chain at the hook.</summary>
    public static bool Exists(TableKind table, Hook hook) => table switch
    {
        TableKind.Raw => hook is Hook.PreRouting or Hook.Output,
        TableKind.Mangle => true,
        TableKind.Nat => hook != Hook.Forward,
        _ => hook is Hook.Input or Hook.Forward or Hook.Output,
    };
}

namespace DatapathKernels.LoadBalancing;

/// <summary>Transition tables from rows of letters, a column a state and a letter a next state.</summary>
internal static class TransitionRows
{
    /// <summary>The numbers of the rows' letters, row after row.</summary>
    /// <param name="letters">A letter a state, in the order of their numbers.</param>
    /// <param name="rows">As long as there are states, each.</param>
    public static byte[] Read(string letters, params ReadOnlySpan<string> rows)
    {
        byte[] next = new byte[rows.Length * letters.Length];
        for (int row = 0; row < rows.Length; row++)
        {
            for (int state = 0; state < letters.Length; state++)
                next[(row * letters.Length) + state] = (byte)letters.IndexOf(rows[row][state], StringComparison.Ordinal);
        }

        return next;
    }
}

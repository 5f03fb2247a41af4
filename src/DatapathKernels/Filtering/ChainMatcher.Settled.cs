namespace DatapathKernels.Filtering;

/// <content>
/// Hooks whose rules are settled for packets of established connections: those of kube-proxy ask about the state first, and what they ask then is nothing that a packet could
/// answer otherwise. Which rules count such a packet, and that it is accepted, is worked out once, and a packet only counts. Rules of nat are not asked about such packets.
/// </content>
public abstract partial class ChainMatcher
{
    // What is settled, by hook; null for a hook of which nothing is, and for all of them while chains are replaced.
    private SettledHook?[]? _settled;

    /// <summary>True when there is a nat table: known packets are then translated.</summary>
    internal bool HasNat => _hasNat;

    /// <summary>Works out which hooks are settled; without it none is. Not beside packets.</summary>
    internal void Settle()
    {
        SettledHook?[] settled = new SettledHook?[Hooks.Count];
        for (int hook = 0; hook < settled.Length; hook++)
            settled[hook] = new SettledTree(this, (Hook)hook).Build();
        Volatile.Write(ref _settled, settled);
    }

    /// <summary>True when a hook's rules are settled for packets with no mark.</summary>
    internal bool IsSettled(Hook hook) => Volatile.Read(ref _settled)?[(int)hook]?.RulesForAll is not null;

    /// <summary>
    /// Runs all tables of a hook but nat with a packet of an established connection that has no mark: every one accepts it. False, and nothing is counted, when that depends on
    /// the packet.
    /// </summary>
    /// <param name="hook">The hook.</param>
    /// <param name="bytes">The packet's length, from its IP header on.</param>
    internal bool TryPassSettled(Hook hook, uint bytes)
    {
        int step = BeginSettled();
        bool passes = TryCount(Volatile.Read(ref _settled)?[(int)hook]?.RulesForAll, bytes);
        EndSettled(step);
        return passes;
    }

    /// <summary>The same with a packet of which the rules may ask what a <see cref="SettledPacket"/> tells, and nothing else that depends on it.</summary>
    /// <param name="hook">The hook.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="bytes">Its length, from its IP header on.</param>
    internal bool TryPassSettled(Hook hook, in SettledPacket packet, uint bytes)
    {
        int step = BeginSettled();
        bool passes = TryCount(Volatile.Read(ref _settled)?[(int)hook]?.RulesFor(packet), bytes);
        EndSettled(step);
        return passes;
    }

    /// <summary>True when <see cref="TryPassSettled(Hook, in SettledPacket, uint)"/> would pass the packet.</summary>
    internal bool IsSettled(Hook hook, in SettledPacket packet)
    {
        int step = BeginSettled();
        bool passes = Volatile.Read(ref _settled)?[(int)hook]?.RulesFor(packet) is not null;
        EndSettled(step);
        return passes;
    }

    /// <summary>A walk of its own to whoever replaces chains: see <see cref="WaitForWalk"/>.</summary>
    private int BeginSettled()
    {
        int step = _steps;
        Volatile.Write(ref _steps, step + 1);
        return step;
    }

    private void EndSettled(int step) => Volatile.Write(ref _steps, step + 2);

    private unsafe bool TryCount(int[]? rules, uint bytes)
    {
        if (rules is null)
            return false;
        RuleCounters* counters = _state.Counters;
        foreach (int rule in rules)
        {
            counters[rule].Packets++;
            counters[rule].Bytes += bytes;
        }

        return true;
    }
}

namespace DatapathKernels.Packets;

/// <summary>Goes through an arena burst by burst; the last one may be short. Made by <see cref="PacketArena.Bursts"/>.</summary>
public ref struct PacketBursts
{
    private readonly PacketArena _arena;
    private int _next;

    internal PacketBursts(PacketArena arena) => _arena = arena;

    /// <summary>The burst reached.</summary>
    public PacketBurst Current { get; private set; }

    /// <summary>Itself: what <c>foreach</c> asks for.</summary>
    public readonly PacketBursts GetEnumerator() => this;

    /// <summary>Goes to the next burst; false when every frame was seen.</summary>
    public bool MoveNext()
    {
        if (_next >= _arena.Count)
            return false;
        Current = _arena.Burst(_next);
        _next += Current.Count;
        return true;
    }
}

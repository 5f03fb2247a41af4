namespace DatapathKernels.LoadBalancing;

/// <summary>The connection of a packet and the side it comes from, in one word: 0 for none, the place plus 1, negative for a reply.</summary>
internal readonly struct IpvsFound
{
    private readonly int _word;

    private IpvsFound(int word) => _word = word;

    /// <summary>Its place, or <see cref="IpvsConnection.None"/>.</summary>
    public int Id => Math.Abs(_word) - 1;

    /// <summary>True for a server's reply.</summary>
    public bool IsReply => _word < 0;

    /// <summary>What an index found.</summary>
    public static IpvsFound Of(int id, bool isReply) => new(isReply ? -(id + 1) : id + 1);
}

using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>
/// Frames one behind the other, with what the parser found in each, to be processed again and again. A walk may rewrite
/// its frame (DNAT does), so the headers are brought back from a copy each time a frame's turn comes.
/// </summary>
internal sealed class FrameList
{
    // Two lines: link, VLAN, IPv4 with options or IPv6, and TCP. What rules rewrite lies in them.
    private const int HeaderBytes = 128;

    private readonly List<(int Start, int Length, LinkType Link)> _added = [];
    private readonly List<byte> _bytes = [];
    private (int Start, int Length, LinkType Link)[] _slots = [];
    private byte[] _original = [];
    private byte[] _working = [];
    private int _next;

    /// <summary>Number of frames.</summary>
    public int Count => _added.Count;

    /// <summary>Bytes of all frames.</summary>
    public int Bytes => _bytes.Count;

    /// <summary>What the parser found in each frame.</summary>
    public List<PacketInfo> Infos { get; } = [];

    /// <summary>The IPv4 keys by frame; meaningless where the frame is not IPv4.</summary>
    public List<FlowKeyV4> KeysV4 { get; } = [];

    /// <summary>The IPv6 keys by frame; meaningless where the frame is not IPv6.</summary>
    public List<FlowKeyV6> KeysV6 { get; } = [];

    /// <summary>The link type of a frame.</summary>
    public LinkType Link(int index) => _slots[index].Link;

    /// <summary>Adds a frame. All frames are added before the first is taken.</summary>
    public void Add(ReadOnlySpan<byte> frame, LinkType link)
    {
        FlowParser.Parse(frame, link, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        _added.Add((_bytes.Count, frame.Length, link));
        _bytes.AddRange(frame);
        Infos.Add(info);
        KeysV4.Add(v4);
        KeysV6.Add(v6);
    }

    /// <summary>Lays the frames out for use; call it once, after the last frame.</summary>
    public void Seal()
    {
        _slots = [.. _added];
        _original = [.. _bytes];
        _working = [.. _bytes];
    }

    /// <summary>The bytes of a frame as they were added.</summary>
    public ReadOnlySpan<byte> Original(int index) => _original.AsSpan(_slots[index].Start, _slots[index].Length);

    /// <summary>The next frame to read, from the first again after the last.</summary>
    public ReadOnlySpan<byte> PeekNext(out int index)
    {
        index = Advance();
        return Original(index);
    }

    /// <summary>The next frame to rewrite, from the first again after the last, with its headers as they were added.</summary>
    public Span<byte> TakeNext(out int index)
    {
        index = Advance();
        return Take(index);
    }

    /// <summary>A frame to rewrite, with its headers as they were added.</summary>
    public Span<byte> Take(int index)
    {
        (int start, int length, _) = _slots[index];
        Span<byte> frame = _working.AsSpan(start, length);
        _original.AsSpan(start, Math.Min(length, HeaderBytes)).CopyTo(frame);
        return frame;
    }

    private int Advance()
    {
        int index = _next;
        _next = _next + 1 == _slots.Length ? 0 : _next + 1;
        return index;
    }
}

using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>Packets through a matcher, each as the first of its connection, one after the other and round again.</summary>
internal sealed class RuleWalk(ChainMatcher matcher, FrameList frames) : IDisposable
{
    private readonly PacketInfo[] _infos = [.. frames.Infos];
    private PacketRandom _random = new(1);
    private GivenConnectionState _connections;

    /// <summary>The packets.</summary>
    public FrameList Frames => frames;

    /// <summary>Walks one chain with the next packets; returns how many got a new destination.</summary>
    public int Walk(ChainId chain, int packets)
    {
        int translated = 0;
        for (int i = 0; i < packets; i++)
        {
            Span<byte> frame = frames.TakeNext(out int index);
            PacketMeta meta = New;
            matcher.Evaluate(chain, frame, in _infos[index], ref meta, ref _random, out PacketVerdict verdict);
            translated += verdict.Destination.Kind == NatKind.None ? 0 : 1;
        }

        return translated;
    }

    /// <summary>Runs the next packets through every table from their arrival to their departure; returns how many got a new destination.</summary>
    public int Traverse(int packets)
    {
        int translated = 0;
        for (int i = 0; i < packets; i++)
        {
            Span<byte> frame = frames.TakeNext(out int index);
            PacketMeta meta = New;
            matcher.Traverse(frame, in _infos[index], ref meta, ref _random, ref _connections, out PacketVerdict verdict);
            translated += verdict.Destination.Kind == NatKind.None ? 0 : 1;
        }

        return translated;
    }

    /// <summary>The answer for one packet: its verdict and the frame as it left.</summary>
    public PacketVerdict Ask(ChainId chain, int index, out ReadOnlySpan<byte> frame)
    {
        Span<byte> taken = frames.Take(index);
        PacketMeta meta = New;
        matcher.Evaluate(chain, taken, in _infos[index], ref meta, ref _random, out PacketVerdict verdict);
        frame = taken;
        return verdict;
    }

    /// <summary>The chain of that name.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public ChainId Chain(TableKind table, string name) => matcher.Find(table, name, out ChainId chain)
        ? chain
        : throw new InvalidOperationException($"the rules have no chain {Hooks.NameOf(table)}/{name}");

    /// <summary>
    /// Checks that a packet left for one of the given endpoints: by the verdict and by the bytes of the frame.
    /// </summary>
    /// <param name="chain">The chain to walk.</param>
    /// <param name="index">The packet.</param>
    /// <param name="endpoints">Where it may go; empty when it must keep its destination.</param>
    /// <exception cref="InvalidOperationException">It went elsewhere.</exception>
    public void Check(ChainId chain, int index, IReadOnlySet<(UInt128 Address, ushort Port)> endpoints)
    {
        PacketVerdict verdict = Ask(chain, index, out ReadOnlySpan<byte> frame);
        if (verdict.Kind is VerdictKind.UnknownMatch or VerdictKind.UnknownTarget or VerdictKind.NotApplicable)
            throw new InvalidOperationException($"packet {index}: expected a verdict, got {verdict.Kind}");
        FlowParser.Parse(frame, frames.Link(index), 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        (UInt128 Address, ushort Port) left = DestinationOf(v4, v6, info);
        (UInt128 Address, ushort Port) came = DestinationOf(frames.KeysV4[index], frames.KeysV6[index], info);
        bool isRight = endpoints.Count > 0 ? endpoints.Contains(left) && verdict.Destination.Kind == NatKind.Dnat : left == came;
        if (!isRight)
            throw new InvalidOperationException($"packet {index} to {Text(came, info)}: expected one of {endpoints.Count} endpoints{(endpoints.Count > 0 ? $" such as {Text(endpoints.First(), info)}" : "")}, left for {Text(left, info)}");
    }

    public void Dispose() => matcher.Dispose();

    private static PacketMeta New => new() { State = ConnectionStates.New };

    private static (UInt128 Address, ushort Port) DestinationOf(in FlowKeyV4 v4, in FlowKeyV6 v6, in PacketInfo info)
    {
        if ((info.Flags & PacketFlags.Ipv4) != 0)
            return (IpNetwork.ToNumber(new System.Net.IPAddress(v4.DestinationBe)), v4.DestinationPort);
        Span<byte> bytes = stackalloc byte[16];
        v6.Destination.CopyTo(bytes);
        return (IpNetwork.ToNumber(new System.Net.IPAddress(bytes)), v6.DestinationPort);
    }

    private static string Text((UInt128 Address, ushort Port) end, in PacketInfo info) =>
        $"{IpNetwork.Format((info.Flags & PacketFlags.Ipv4) != 0 ? IpFamily.V4 : IpFamily.V6, end.Address)} port {end.Port}";
}

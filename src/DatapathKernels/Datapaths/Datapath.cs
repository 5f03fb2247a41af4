using System.Numerics;
using System.Runtime.CompilerServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>
/// What a node does to every packet, from the frame that comes in to the frame that goes out: unpacked from a tunnel, translated, filtered, routed,
/// packed into a tunnel, rewritten in place. Each way of doing it is a class of its own; all have this shape.
/// </summary>
/// <remarks>
/// Frames are Ethernet. Time is an argument, milliseconds that never go back. One thread at a time; a packet allocates nothing. Packets of a burst are
/// done in order, and their results are those of one at a time.
/// </remarks>
[SkipLocalsInit]
public abstract partial class Datapath : IDisposable
{
    /// <summary>The interface of packets that the node itself sends: they pass OUTPUT instead of PREROUTING.</summary>
    public const ushort FromHost = ushort.MaxValue;

    private readonly FlowKeyV4[] _v4 = new FlowKeyV4[PacketBurst.MaxCount];
    private readonly FlowKeyV6[] _keys = new FlowKeyV6[PacketBurst.MaxCount];
    private readonly PacketInfo[] _infos = new PacketInfo[PacketBurst.MaxCount];
    private readonly long[] _drops = new long[(int)DropReason.NoRoom + 1];
    private readonly long[] _fates = new long[(int)FateKind.Answered + 1];
    private List<PathStep>? _steps;
    private bool _isDisposed;

    private protected Datapath(NodeNetwork network)
    {
        ArgumentNullException.ThrowIfNull(network);
        Network = network;
    }

    /// <summary>The node's place in the network. The caller disposes it.</summary>
    public NodeNetwork Network { get; }

    /// <summary>Tells what is being done, in words.</summary>
    private protected bool IsTraced => _steps is not null;

    /// <summary>Packets that ended that way.</summary>
    public long Count(FateKind kind) => _fates[(int)kind];

    /// <summary>Packets dropped or answered for that reason.</summary>
    public long Count(DropReason reason) => _drops[(int)reason];

    /// <summary>Takes a burst through the node.</summary>
    /// <param name="burst">The frames; those that go on, and answers, are in their places afterwards.</param>
    /// <param name="inInterface">Where they came in; <see cref="FromHost"/> for the node's own.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="fates">Receives what became of each.</param>
    /// <exception cref="ArgumentException">Fewer places than frames.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void Process(in PacketBurst burst, ushort inInterface, long nowMs, Span<PacketFate> fates)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (fates.Length < burst.Count)
            Throw.Argument(nameof(fates), "expected a place for each frame");
        FlowMasks masks = FlowParser.ParseBurst(burst, 0, _v4, _keys, _infos);
        for (ulong rest = masks.V4; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            _keys[i] = ConntrackTable.KeyOf(_v4[i]);
        }

        (ulong unpacked, ulong refused) = Network.Receiver is null ? default : Unpack(burst, masks.Any);
        Prepare(_infos.AsSpan(0, burst.Count), _v4, _keys);
        for (int i = 0; i < burst.Count; i++)
        {
            PacketFate fate = ((refused >> i) & 1) != 0 ? PacketFate.Drop(DropReason.Decapsulation)
                : !_infos[i].HasKey ? PacketFate.Drop(DropReason.Malformed)
                : (_infos[i].Flags & PacketFlags.Fragment) != 0 ? PacketFate.Drop(DropReason.Fragment)
                : Run(burst, i, _infos[i], _keys[i], ((unpacked >> i) & 1) != 0 ? Network.TunnelInterface : inInterface, nowMs);
            fates[i] = fate;
            _fates[(int)fate.Kind]++;
            _drops[(int)fate.Reason]++;
        }
    }

    /// <summary>Tells one packet's way hop by hop. To connections and counters it is a packet like any other.</summary>
    /// <param name="frame">An Ethernet frame; it is copied.</param>
    /// <param name="inInterface">Where it came in.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="fate">What became of it.</param>
    public IReadOnlyList<PathStep> Explain(ReadOnlySpan<byte> frame, ushort inInterface, long nowMs, out PacketFate fate)
    {
        using PacketArena arena = new(1, Math.Max(PacketArena.DefaultSlotBytes, frame.Length + (4 * PacketArena.DefaultHeadroomBytes)), 2 * PacketArena.DefaultHeadroomBytes);
        arena.TryAdd(frame, LinkType.Ethernet);
        List<PathStep> steps = [];
        Span<PacketFate> fates = stackalloc PacketFate[1];
        _steps = steps;
        try
        {
            Process(arena.Burst(0), inInterface, nowMs, fates);
        }
        finally
        {
            _steps = null;
        }

        fate = fates[0];
        steps.Add(new PathStep("end", fate.Reason == DropReason.None ? fate.Kind.ToString() : $"{fate.Kind}, {fate.Reason}", CostClass.Constant));
        return steps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>Asks the memory for what a burst will need.</summary>
    /// <param name="infos">What the parse found; one a packet.</param>
    /// <param name="v4">The keys of IPv4 packets.</param>
    /// <param name="keys">The keys of both families, IPv4 in the mapped form.</param>
    private protected abstract void Prepare(ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> keys);

    /// <summary>Takes one packet through.</summary>
    private protected abstract PacketFate Run(in PacketBurst burst, int index, in PacketInfo info, in FlowKeyV6 key, ushort inInterface, long nowMs);

    /// <summary>Gives back what the datapath owns.</summary>
    private protected abstract void Release();
}

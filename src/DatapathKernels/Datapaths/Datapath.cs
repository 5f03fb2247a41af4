using System.Runtime.CompilerServices;
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

    /// <summary>What the parse found, one a packet.</summary>
    private protected PacketInfo[] Infos { get; } = new PacketInfo[PacketBurst.MaxCount];

    /// <summary>The keys of IPv4 packets as parsed.</summary>
    private protected FlowKeyV4[] KeysV4 { get; } = new FlowKeyV4[PacketBurst.MaxCount];

    /// <summary>The keys of IPv6 packets as parsed; those of IPv4 in the mapped form, once <see cref="RunBurst"/> has made them.</summary>
    private protected FlowKeyV6[] Keys { get; } = new FlowKeyV6[PacketBurst.MaxCount];

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
        FlowMasks masks = FlowParser.ParseBurst(burst, 0, KeysV4, Keys, Infos);
        (ulong unpacked, ulong refused) = Network.Receiver is null ? default : Unpack(burst, masks.Any);
        RunBurst(new Arrivals(burst, inInterface, nowMs, unpacked, refused), fates);
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
        return ExplainInPlace(arena.Burst(0), inInterface, nowMs, out fate);
    }

    /// <summary>The same for a burst of one frame, which is changed in place as <see cref="Process"/> does.</summary>
    internal IReadOnlyList<PathStep> ExplainInPlace(in PacketBurst burst, ushort inInterface, long nowMs, out PacketFate fate)
    {
        List<PathStep> steps = [];
        Span<PacketFate> fates = stackalloc PacketFate[1];
        _steps = steps;
        try
        {
            Process(burst, inInterface, nowMs, fates);
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

    /// <summary>Takes the packets of a burst through, in their order.</summary>
    private protected abstract void RunBurst(in Arrivals arrivals, Span<PacketFate> fates);

    /// <summary>Takes one packet of a burst through, or says why it goes nowhere.</summary>
    private protected PacketFate RunOne(in Arrivals arrivals, int index)
    {
        ref readonly PacketInfo info = ref Infos[index];
        return ((arrivals.Refused >> index) & 1) != 0 ? PacketFate.Drop(DropReason.Decapsulation)
            : !info.HasKey ? PacketFate.Drop(DropReason.Malformed)
            : (info.Flags & PacketFlags.Fragment) != 0 ? PacketFate.Drop(DropReason.Fragment)
            : Run(arrivals.Burst, index, info, Keys[index], InterfaceOf(arrivals, index), arrivals.NowMs);
    }

    /// <summary>Where a packet came in: a tunnel has an interface of its own.</summary>
    private protected ushort InterfaceOf(in Arrivals arrivals, int index) => ((arrivals.Unpacked >> index) & 1) != 0 ? Network.TunnelInterface : arrivals.InInterface;

    /// <summary>Counts packets that ended like that.</summary>
    private protected void Count(PacketFate fate, int packets)
    {
        _fates[(int)fate.Kind] += packets;
        _drops[(int)fate.Reason] += packets;
    }

    /// <summary>Takes one packet through.</summary>
    private protected abstract PacketFate Run(in PacketBurst burst, int index, in PacketInfo info, in FlowKeyV6 key, ushort inInterface, long nowMs);

    /// <summary>Gives back what the datapath owns.</summary>
    private protected abstract void Release();
}

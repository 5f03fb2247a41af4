using System.Numerics;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>
/// Bursts. Connections are guessed for all packets at once; then packets go in order: usual ones the short way, those that need nothing but what was guessed another,
/// the rest as single packets do.
/// </content>
public sealed partial class IpvsDirector
{
    // The place of the service of a packet that seems to open a connection, -1 for none; of the burst begun last.
    private readonly int[] _serviceGuesses = new int[PacketBurst.MaxCount];

    /// <summary>Takes a burst: the same as <see cref="Process"/> for each in order, but the memory works on all of them at once.</summary>
    /// <param name="burst">The frames.</param>
    /// <param name="infos">What their parse found; one a frame.</param>
    /// <param name="v4">Their keys; one a frame.</param>
    /// <param name="v6">Their keys; one a frame.</param>
    /// <param name="mark">Their firewall mark.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="verdicts">Receives one a frame.</param>
    /// <exception cref="ArgumentException">A span is shorter than the burst.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void ProcessBurst(in PacketBurst burst, ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> v6, uint mark, long nowMs, Span<IpvsVerdict> verdicts)
    {
        int count = burst.Count;
        if (infos.Length < count || v4.Length < count || v6.Length < count || verdicts.Length < count)
            Throw.Argument(nameof(verdicts), "expected one record, two keys and one verdict a frame");
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        FindBurst(infos[..count], v4, v6);
        FlowTableIndex? flows = _index as FlowTableIndex;
        for (int i = 0; ; i++)
        {
            if (flows != null)
                i = PassUsual(flows, burst, i, infos, v4, nowMs, verdicts);
            if (i == count)
                break;
            IpvsFound found = _index.Found(i, infos[i], v4[i], v6[i]);
            if (flows != null && mark == 0 && found.Id == IpvsConnection.None && SeemsToOpen(flows, i) && TryOpen(flows, i, burst[i], infos[i], v4[i], nowMs, ref verdicts[i]))
                continue;
            if (!TryProcessFound(burst[i], infos[i], v4[i], v6[i], found, mark, nowMs, out verdicts[i]))
                Process(burst[i], infos[i], v4[i], v6[i], mark, nowMs, out verdicts[i]);
        }
    }

    /// <summary>Begins a burst whose packets are then processed one by one, with other things done between: asks the memory for what they will need.</summary>
    /// <param name="infos">What their parse found; one a packet.</param>
    /// <param name="v4">Their keys; one a packet.</param>
    /// <param name="v6">Their keys; one a packet.</param>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void Prepare(ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> v6)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        for (int first = 0; first < infos.Length; first += PacketBurst.MaxCount)
        {
            int count = Math.Min(PacketBurst.MaxCount, infos.Length - first);
            FindBurst(infos.Slice(first, count), v4.Slice(first, count), v6.Slice(first, count));
        }
    }

    private void FindBurst(ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> v6)
    {
        _index.FindBurst(infos, v4, v6);
        if (_index is FlowTableIndex { Unknown: not 0 and var unknown })
            PrefetchServices(unknown, infos, v4, v6);
    }

    /// <summary>True for a packet without a connection, when the burst began, whose service was found.</summary>
    private bool SeemsToOpen(FlowTableIndex flows, int packet) => (flows.Unknown >> packet & 1) != 0 && _serviceGuesses[packet] >= 0;

    /// <summary>
    /// A packet that changes no more than its own connection (it is there, its time is not over, its server was there before and no connection opens), or one
    /// that has none. False, and nothing is done, for every other.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryProcessFound(Span<byte> frame, in PacketInfo info, in FlowKeyV4 v4, in FlowKeyV6 v6, IpvsFound found, uint mark, long nowMs, out IpvsVerdict verdict)
    {
        int id = found.Id;
        verdict = new IpvsVerdict { Server = VirtualService.NoServer };
        if ((info.Flags & PacketFlags.Transport) == 0 || !info.HasKey || info.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp))
            return false;
        if (id == IpvsConnection.None)
        {
            ProcessPacket(frame, info, IpvsTuple.Of(info, v4, v6), found, mark, nowMs, ref verdict);
            return true;
        }

        if (_store[id].ExpiresMs <= nowMs)
            return false;
        if (found.IsReply)
        {
            Reply(frame, info, id, nowMs, ref verdict);
            return true;
        }

        if (_store[id].SeenRemovals != _clock.Removals || Opens(frame, info))
            return false;
        Forward(frame, info, id, nowMs, ref verdict);
        return true;
    }

    /// <summary>What packets that seem to open connections will read of their services, asked of the memory level by level for all of them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    [SkipLocalsInit]
    private void PrefetchServices(ulong packets, ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> v6)
    {
        Span<int> services = _serviceGuesses;
        for (ulong left = packets; left != 0; left &= left - 1)
        {
            int i = BitOperations.TrailingZeroCount(left);
            if ((infos[i].Flags & PacketFlags.Ipv4) != 0)
                _services.PrefetchKey(v4[i]);
            else
                _services.PrefetchKey(v6[i]);
        }

        for (ulong left = packets; left != 0; left &= left - 1)
        {
            int i = BitOperations.TrailingZeroCount(left);
            services[i] = (infos[i].Flags & PacketFlags.Ipv4) != 0 ? _services.PrefetchService(v4[i]) : _services.PrefetchService(v6[i]);
        }

        for (ulong left = packets; left != 0; left &= left - 1)
        {
            if (services[BitOperations.TrailingZeroCount(left)] is >= 0 and var service)
                _services.PrefetchServers(service);
        }
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>What the packets of a burst that seem to open connections will read of their services, asked of the memory level by level for all of them.</content>
public sealed partial class IpvsDirector
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    [SkipLocalsInit]
    private void PrefetchServices(ulong packets, ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> v6)
    {
        Span<int> services = stackalloc int[PacketBurst.MaxCount];
        for (ulong left = packets; left != 0; left &= left - 1)
        {
            int i = BitOperations.TrailingZeroCount(left);
            _services.PrefetchKey(IpvsTuple.Of(infos[i], v4[i], v6[i]));
        }

        for (ulong left = packets; left != 0; left &= left - 1)
        {
            int i = BitOperations.TrailingZeroCount(left);
            services[i] = _services.PrefetchService(IpvsTuple.Of(infos[i], v4[i], v6[i]));
        }

        for (ulong left = packets; left != 0; left &= left - 1)
        {
            if (services[BitOperations.TrailingZeroCount(left)] is >= 0 and var service)
                _services.PrefetchServers(service);
        }
    }
}

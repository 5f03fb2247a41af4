using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>What the plain packets of a burst have in common, and how many of them went on.</summary>
[StructLayout(LayoutKind.Auto)]
internal unsafe ref struct PlainWay
{
    private readonly byte* _memory;
    private readonly FrameSlot* _slots;
    private readonly nuint _stride;
    private readonly ulong _outside, _isFromOutside;

    public PlainWay(NodeNetwork network, in Arrivals arrivals)
    {
        arrivals.Burst.Arena.Raw(out _memory, out _slots, out _stride);
        _memory += (nuint)(uint)arrivals.Burst.First * _stride;
        _slots += arrivals.Burst.First;
        Burst = arrivals.Burst;
        Seconds = (uint)(arrivals.NowMs / 1000);
        Own = network.AddressV4 == default ? 0 : IPv6Address.FirstWord(Conntrack.ConnectionKeys.Wire(ipv4: true, network.AddressV4));
        bool byLink = network.IsOutside(arrivals.InInterface), byTunnel = network.IsOutside(network.TunnelInterface);
        _outside = (byLink ? ~arrivals.Unpacked : 0) | (byTunnel ? arrivals.Unpacked : 0);
        _isFromOutside = network.LinkInterface == 0 ? ulong.MaxValue : _outside;
    }

    /// <summary>The burst.</summary>
    public readonly PacketBurst Burst { get; }

    /// <summary>The time, seconds.</summary>
    public readonly uint Seconds { get; }

    /// <summary>The node's address, network byte order; 0 without one.</summary>
    public readonly uint Own { get; }

    /// <summary>True when what is sent to the node's address may be an answer to a flow that bears its name.</summary>
    public bool HasNames { get; set; }

    /// <summary>Packets whose outer headers are still to be written.</summary>
    public ulong Tunnelled { get; set; }

    /// <summary>Packets that went to other machines.</summary>
    public int Forwarded { get; set; }

    /// <summary>Packets that went to pods of the node.</summary>
    public int Delivered { get; set; }

    /// <summary>A frame's first byte.</summary>
    public readonly byte* Frame(int index) => _memory + ((nuint)(uint)index * _stride) + _slots[index].Start;

    /// <summary>A frame's length, bytes.</summary>
    public readonly int Length(int index) => (int)_slots[index].Length;

    /// <summary>True for a packet that neither a pod of the node nor the node itself sent.</summary>
    public readonly bool IsOutside(int index) => ((_outside >> index) & 1) != 0;

    /// <summary>The same, where a network that does not tell interfaces apart counts every packet that came in.</summary>
    public readonly bool IsFromOutside(int index) => ((_isFromOutside >> index) & 1) != 0;
}

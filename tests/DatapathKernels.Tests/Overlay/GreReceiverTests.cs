using System.Buffers.Binary;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>GRE, with all its optional fields, and every refusal.</summary>
public class GreReceiverTests
{
    private static readonly byte[] Inner = IpTunnelTests.Frame(false, 40)[14..];

    [Fact]
    public void Every_payload_comes_out()
    {
        byte[] v6 = IpTunnelTests.Frame(true, 21)[14..], frame = IpTunnelTests.Frame(true, 33);
        AssertPayload(Gre(0, 0x0800, Inner), Inner, 0x0800);
        AssertPayload(Gre(0, 0x86dd, v6), v6, 0x86dd);
        AssertPayload(Gre(0, 0x6558, frame), frame, 0x6558);
        AssertPayload(Gre(0, 0x883e, Inner), Inner, 0x0800);
        AssertPayload(Gre(0, 0x883e, [0, 1, 2, 3, .. Inner]), Inner, 0x0800);
    }

    [Fact]
    public void Keys()
    {
        byte[] keyed = Gre(0x2000, 0x0800, Inner, 0, 0, 0, 42), bare = Gre(0, 0x0800, Inner);
        Assert.Equal(DecapStatus.UnknownKey, Unpack(keyed, new GreReceiverOptions()));
        Assert.Equal(DecapStatus.UnknownKey, Unpack(keyed, new GreReceiverOptions { Key = 43 }));
        Assert.Equal(DecapStatus.UnknownKey, Unpack(bare, new GreReceiverOptions { Key = 42 }));
        Assert.Equal(DecapStatus.Ok, Unpack(keyed, new GreReceiverOptions { Key = 42 }));
        Assert.Equal(DecapStatus.Ok, Unpack(keyed, new GreReceiverOptions { AcceptsAnyKey = true }));
        Assert.Equal(DecapStatus.Ok, Unpack(bare, new GreReceiverOptions { AcceptsAnyKey = true }));
    }

    [Fact]
    public void Checksums()
    {
        byte[] summed = Gre(0x8000, 0x0800, Inner, 0, 0, 0, 0);
        ushort sum = InternetChecksum.Compute(summed.AsSpan(34));
        BinaryPrimitives.WriteUInt16BigEndian(summed.AsSpan(38), sum);
        Assert.Equal(DecapStatus.BadTunnelChecksum, Unpack(summed, new GreReceiverOptions()));
        Assert.Equal(DecapStatus.Ok, Unpack(summed, new GreReceiverOptions { ExpectsChecksum = true }));
        Assert.Equal(DecapStatus.Ok, Unpack(summed, new GreReceiverOptions { ExpectsChecksum = null }));
        Assert.Equal(DecapStatus.BadTunnelChecksum, Unpack(Gre(0, 0x0800, Inner), new GreReceiverOptions { ExpectsChecksum = true }));
        summed[^1] ^= 1;
        Assert.Equal(DecapStatus.BadTunnelChecksum, Unpack(summed, new GreReceiverOptions { ExpectsChecksum = null }));
    }

    [Fact]
    public void Sequences_do_not_go_back()
    {
        GreReceiver receiver = new(new GreReceiverOptions { ExpectsSequence = true });
        DecapStatus At(uint number)
        {
            byte[] frame = Gre(0x1000, 0x0800, Inner, [.. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(number))]);
            return receiver.TryUnpack(frame, LargeFrames.Parse(frame), out _, out _);
        }

        Assert.Equal(DecapStatus.Ok, At(0xffff_fffd));
        Assert.Equal(DecapStatus.OutOfSequence, At(0xffff_fffd));
        Assert.Equal(DecapStatus.Ok, At(0xffff_fffe));
        Assert.Equal(DecapStatus.Ok, At(5));
        Assert.Equal(DecapStatus.OutOfSequence, At(4));
        byte[] bare = Gre(0, 0x0800, Inner);
        Assert.Equal(DecapStatus.OutOfSequence, receiver.TryUnpack(bare, LargeFrames.Parse(bare), out _, out _));
    }

    [Fact]
    public void Refusals()
    {
        GreReceiverOptions options = new();
        Assert.Equal(DecapStatus.BadVersion, Unpack(Gre(0x2001, 0x880b, Inner, 0, 0, 0, 0), options));
        Assert.Equal(DecapStatus.ReservedBits, Unpack(Gre(0x4000, 0x0800, Inner), options));
        Assert.Equal(DecapStatus.UnknownProtocol, Unpack(Gre(0, 0x8847, Inner), options));
        Assert.Equal(DecapStatus.TruncatedHeader, Unpack(Gre(0xb000, 0x0800, [1, 2, 3]), options));
        Assert.Equal(DecapStatus.TruncatedInner, Unpack(Gre(0, 0x0800, Inner[..19]), options));
        Assert.Equal(DecapStatus.TruncatedInner, Unpack(Gre(0, 0x6558, Inner[..13]), options));
        Assert.Equal(DecapStatus.BadInner, Unpack(Gre(0, 0x86dd, Inner), options));
        Assert.Equal(DecapStatus.EcnDrop, Unpack(IpTunnelTests.Changed(Gre(0, 0x0800, Inner), 15, 3), options));
        Assert.Equal(DecapStatus.EcnDrop, Unpack(IpTunnelTests.Changed(Gre(0, 0x6558, IpTunnelTests.Frame(true, 33)), 15, 3), options));
        Assert.Equal(DecapStatus.NotOurs, Unpack(IpTunnelTests.Frame(true, 33), options));
        Assert.Equal(DecapStatus.NotOurs, Unpack(Gre(0, 0x0800, Inner), options with { LocalV4 = KernelVxlanTests.Address("192.0.2.9") }));
    }

    internal static byte[] Gre(ushort flags, ushort protocol, byte[] payload, params byte[] fields) => new FrameSpec
    {
        Source = "192.0.2.1",
        Destination = "192.0.2.2",
        Protocol = IpProtocol.Gre,
        Payload = [(byte)(flags >> 8), (byte)flags, (byte)(protocol >> 8), (byte)protocol, .. fields, .. payload],
    }.ToBytes();

    private static DecapStatus Unpack(byte[] frame, GreReceiverOptions options) =>
        new GreReceiver(options).TryUnpack([.. frame], LargeFrames.Parse(frame), out _, out _);

    private static void AssertPayload(byte[] frame, byte[] payload, ushort protocol)
    {
        GreReceiver receiver = new(new GreReceiverOptions());
        Assert.Equal(DecapStatus.Ok, receiver.TryUnpack(frame, LargeFrames.Parse(frame), out Range inner, out GreFields fields));
        Assert.Equal((Convert.ToHexString(payload), protocol), (Convert.ToHexString(frame[inner]), fields.Protocol));
        using PacketArena arena = new(1, 2048, 0);
        arena.TryAdd(frame);
        Assert.Equal(DecapStatus.Ok, receiver.Unpack(arena, 0, LargeFrames.Parse(frame)));
        Assert.Equal(payload, arena.Frame(0)[(protocol == 0x6558 ? 0 : 14)..].ToArray());
    }
}

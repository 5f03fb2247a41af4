using System.Buffers.Binary;
using DatapathKernels.Packets;
using DatapathKernels.Simd;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Packets;

public class InternetChecksumScalarTests : InternetChecksumTests<ScalarIsa>;

public class InternetChecksum128Tests : InternetChecksumTests<Isa128>;

public class InternetChecksum256Tests : InternetChecksumTests<Isa256>;

public class InternetChecksum512Tests : InternetChecksumTests<Isa512>;

/// <summary>Every width against the loop over 16-bit words of RFC 1071, section 4.1.</summary>
public abstract class InternetChecksumTests<TIsa>
    where TIsa : struct, IIsa
{
    [Fact]
    public void Every_length_flush_against_a_guard_page_at_both_ends()
    {
        using GuardedMemory memory = new(4096);
        byte[] bytes = new byte[3 * 512 + 65];
        new Random(1).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
        {
            ReadOnlySpan<byte> input = bytes.AsSpan(0, length);
            ushort expected = InternetChecksumOracle.Compute(input);
            Assert.Equal(expected, InternetChecksum.Compute<TIsa>(memory.AtStart(input)));
            Assert.Equal(expected, InternetChecksum.Compute<TIsa>(memory.AtEnd(input)));
        }
    }

    [Fact]
    public void Every_alignment()
    {
        byte[] bytes = new byte[2048];
        new Random(2).NextBytes(bytes);
        for (int start = 0; start < 128; start++)
        {
            foreach (int length in (ReadOnlySpan<int>)[20, 64, 333, 1480])
                Assert.Equal(InternetChecksumOracle.Compute(bytes.AsSpan(start, length)), InternetChecksum.Compute<TIsa>(bytes.AsSpan(start, length)));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0xff)]
    public void No_lane_overflows_and_both_zeros_are_told_apart(byte value)
    {
        byte[] bytes = new byte[1 << 20];
        bytes.AsSpan().Fill(value);
        foreach (int length in (ReadOnlySpan<int>)[2, 64, 65534, 1 << 20])
            Assert.Equal((ushort)~(value << 8 | value), InternetChecksum.Compute<TIsa>(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void Random_bytes_of_random_lengths() => Property.Check(ArbMap.Default.GeneratorFor<byte[]>(), bytes =>
        Assert.Equal(InternetChecksumOracle.Compute(bytes), InternetChecksum.Compute<TIsa>(bytes)));
}

/// <summary>The definition.</summary>
public static class InternetChecksumOracle
{
    public static ushort Compute(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i++)
            sum += (uint)bytes[i] << (8 * (1 - (i & 1)));
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}

public class InternetChecksumAlgebraTests
{
    private static readonly Random Generator = new(3);

    [Fact]
    public void The_example_of_rfc_1071()
    {
        byte[] bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        Assert.Equal(0xddf2u, InternetChecksum.Sum(bytes));
        Assert.Equal(0x220d, InternetChecksum.Compute(bytes));
    }

    [Fact]
    public void Pieces_combine_at_odd_offsets()
    {
        byte[] bytes = Bytes(200);
        ushort expected = InternetChecksum.Compute(bytes);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            uint first = InternetChecksum.Sum(bytes.AsSpan(0, cut)), second = InternetChecksum.Sum(bytes.AsSpan(cut));
            Assert.Equal(expected, InternetChecksum.Finish(InternetChecksum.Combine(first, cut, second)));
        }
    }

    [Fact]
    public void Incremental_equals_full_for_16_and_32_bit_fields_and_addresses()
    {
        for (int i = 0; i < 5000; i++)
        {
            byte[] bytes = Bytes(60);
            ushort before = InternetChecksum.Compute(bytes);
            int offset = Generator.Next(0, 22) * 2;

            ushort old16 = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(offset)), new16 = (ushort)Generator.Next(65536);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(offset), new16);
            ushort after16 = InternetChecksum.Compute(bytes);
            Assert.Equal(after16, InternetChecksum.Replace16(before, old16, new16));

            uint old32 = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(offset)), new32 = (uint)Generator.NextInt64(1L << 32);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(offset), new32);
            ushort after32 = InternetChecksum.Compute(bytes);
            Assert.Equal(after32, InternetChecksum.Replace32(after16, old32, new32));

            IPv6Address oldAddress = new(bytes.AsSpan(offset)), newAddress = new(Bytes(16));
            newAddress.CopyTo(bytes.AsSpan(offset));
            Assert.Equal(PacketInfos.Be(InternetChecksum.Compute(bytes)), InternetChecksum.Replace128(PacketInfos.Be(after32), oldAddress, newAddress));
        }
    }

    [Fact]
    public void The_two_zeros_fall_where_the_kernel_puts_them()
    {
        Assert.Equal(0, InternetChecksum.Replace16(0xffff, 0, 0));
        Assert.Equal(0, InternetChecksum.Replace32(0xffff, uint.MaxValue, 0));
        Assert.Equal(0, InternetChecksum.DecrementTtl(0xfeff));
        Assert.Equal(0xffff, InternetChecksum.ForUdp(0));
        Assert.Equal(0xffff, InternetChecksum.Compute([]));
        Assert.False(InternetChecksum.IsValid([]));
        Assert.False(InternetChecksum.IsValid(new byte[20]));
    }

    [Fact]
    public void A_computed_transport_checksum_verifies_and_flipping_any_bit_breaks_it()
    {
        IPv6Address source = new(Bytes(16)), destination = new(Bytes(16));
        foreach (IpProtocol protocol in (ReadOnlySpan<IpProtocol>)[IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.IcmpV6, IpProtocol.Dccp, IpProtocol.UdpLite])
        {
            byte[] segment = Bytes(53);
            uint pseudo = InternetChecksum.PseudoHeaderV6(source, destination, protocol, (uint)segment.Length);
            ushort checksum = InternetChecksum.ComputeTransport(pseudo, segment, protocol);
            BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(InternetChecksum.TransportField(protocol)), checksum);
            Assert.True(InternetChecksum.VerifyTransport(pseudo, segment));
            for (int bit = 0; bit < segment.Length * 8; bit++)
            {
                segment[bit / 8] ^= (byte)(1 << (bit & 7));
                Assert.False(InternetChecksum.VerifyTransport(pseudo, segment));
                segment[bit / 8] ^= (byte)(1 << (bit & 7));
            }
        }
    }

    [Fact]
    public void A_segment_without_room_for_its_checksum_is_refused()
    {
        Assert.Throws<ArgumentException>(() => InternetChecksum.ComputeTransport(0, new byte[17], IpProtocol.Tcp));
        Assert.Throws<ArgumentException>(() => InternetChecksum.ComputeTransport(0, new byte[64], IpProtocol.Sctp));
    }

    [Fact]
    public void Sctp_checksum_of_a_packet_verifies_and_covers_every_byte()
    {
        byte[] packet = Bytes(48);
        SctpChecksum.Write(packet);
        Assert.True(SctpChecksum.Verify(packet));
        for (int i = 0; i < packet.Length; i++)
        {
            packet[i] ^= 0x40;
            Assert.False(SctpChecksum.Verify(packet));
            packet[i] ^= 0x40;
        }

        Assert.False(SctpChecksum.Verify(packet.AsSpan(0, 11)));
        Assert.Throws<ArgumentException>(() => SctpChecksum.Compute(new byte[11]));
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        byte[] bytes = Bytes(1480);
        ushort sum = 0;
        Allocation.IsZero(() =>
        {
            sum += InternetChecksum.Compute(bytes);
            sum += InternetChecksum.ComputeTransport(1, bytes, IpProtocol.Udp);
            sum += InternetChecksum.IsValid(bytes) ? (ushort)1 : (ushort)0;
            sum += (ushort)SctpChecksum.Compute(bytes);
        });
    }

    private static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        Generator.NextBytes(bytes);
        return bytes;
    }
}

using System.Buffers.Binary;
using System.Net;
using System.Text.Json;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Packets;

/// <summary>The answers of Linux's checksum functions.</summary>
public class ChecksumVectorTests
{
    private static readonly JsonElement Golden = Vectors.Load("algorithms/checksum.json");

    [Fact]
    public void Full_checksums()
    {
        foreach (JsonElement row in Rows("full"))
            Assert.Equal(row[1].GetInt32(), InternetChecksum.Compute(Bytes(row[0])));
    }

    [Fact]
    public void Long_runs_of_one_byte()
    {
        foreach (JsonElement row in Rows("repeated"))
        {
            byte[] bytes = new byte[row[0].GetInt32()];
            bytes.AsSpan().Fill(row[1].GetByte());
            Assert.Equal(row[2].GetInt32(), InternetChecksum.Compute(bytes));
        }
    }

    /// <remarks>
    /// The rows at hand come from a build of <c>csum_tcpudp_nofold</c> that took its big-endian branch on a little-endian
    /// machine, so protocol and length were added to the other byte of their word; the packets and the NAT rows below hold
    /// the form of the RFCs. A row of either form is an answer to the same sum: both are recomputed, the row must be one.
    /// </remarks>
    [Fact]
    public void Transport_checksums_with_their_pseudo_header()
    {
        foreach (JsonElement row in Rows("l4"))
        {
            IpProtocol protocol = (IpProtocol)row[2].GetByte();
            byte[] segment = Bytes(row[3]);
            IPAddress source = IPAddress.Parse(row[0].GetString()!), destination = IPAddress.Parse(row[1].GetString()!);
            uint pseudo = PseudoHeader(source, destination, protocol, segment.Length);
            uint swapped = InternetChecksum.Add(PseudoHeader(source, destination, 0, 0), ((uint)protocol + (uint)segment.Length) << 8);
            bool isRfc = row[4].GetInt32() == Finished(pseudo, segment);
            Assert.Equal(row[4].GetInt32(), Finished(isRfc ? pseudo : swapped, segment));
            Assert.Equal(row[5].GetInt32(), InternetChecksum.ComputeTransport(isRfc ? pseudo : swapped, segment, protocol));

            ushort sent = InternetChecksum.ComputeTransport(pseudo, segment, protocol);
            BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(InternetChecksum.TransportField(protocol)), sent);
            Assert.True(InternetChecksum.VerifyTransport(pseudo, segment));
            Assert.Equal(sent, InternetChecksum.ComputeTransport(pseudo, segment, protocol));
        }

        static ushort Finished(uint pseudo, ReadOnlySpan<byte> segment) =>
            InternetChecksum.Finish(InternetChecksum.Add(pseudo, InternetChecksum.Sum(segment)));
    }

    [Fact]
    public void Incremental_updates_of_16_bits()
    {
        foreach (JsonElement row in Rows("rfc1624"))
            Assert.Equal(row[3].GetInt32(), InternetChecksum.Replace16(row[0].GetUInt16(), row[1].GetUInt16(), row[2].GetUInt16()));
    }

    [Fact]
    public void Incremental_updates_of_32_bits()
    {
        foreach (JsonElement row in Rows("replace4"))
            Assert.Equal(row[3].GetInt32(), InternetChecksum.Replace32(row[0].GetUInt16(), row[1].GetUInt32(), row[2].GetUInt32()));
    }

    [Fact]
    public void Time_to_live_decrement()
    {
        foreach (JsonElement row in Rows("ttl"))
            Assert.Equal(row[2].GetInt32(), InternetChecksum.DecrementTtl(row[0].GetUInt16()));
    }

    [Fact]
    public void Headers_stay_sound_through_a_hop_and_a_rewrite()
    {
        foreach (JsonElement row in Rows("header"))
        {
            byte[] header = Bytes(row[0]);
            Assert.True(InternetChecksum.IsValid(header));
            header[8]--;
            Span<byte> field = header.AsSpan(10);
            BinaryPrimitives.WriteUInt16BigEndian(field, InternetChecksum.DecrementTtl(BinaryPrimitives.ReadUInt16BigEndian(field)));
            Assert.Equal(row[1].GetString(), Convert.ToHexStringLower(header));

            uint destination = BinaryPrimitives.ReadUInt32BigEndian(IPAddress.Parse(row[2].GetString()!).GetAddressBytes());
            uint old = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(16));
            BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(16), destination);
            BinaryPrimitives.WriteUInt16BigEndian(field, InternetChecksum.Replace32(BinaryPrimitives.ReadUInt16BigEndian(field), old, destination));
            Assert.Equal(row[3].GetString(), Convert.ToHexStringLower(header));
            Assert.True(InternetChecksum.IsValid(header));
        }
    }

    [Fact]
    public void Packets_verify()
    {
        foreach (JsonElement row in Rows("packet"))
        {
            byte[] frame = Bytes(row[1]);
            PacketInfo info = PacketInfos.Of(frame, 14);
            Assert.Equal((info.Flags & PacketFlags.Ipv4) != 0 ? ChecksumVerdict.Valid : ChecksumVerdict.Absent, PacketChecksums.VerifyNetwork(frame, info));
            Assert.Equal(ChecksumVerdict.Valid, PacketChecksums.VerifyTransport(frame, info));
            byte[] written = [.. frame];
            PacketChecksums.Write(written, info);
            Assert.Equal(frame, written);
        }
    }

    [Fact]
    public void Nat_rewrites_byte_for_byte()
    {
        foreach (JsonElement row in Rows("nat"))
        {
            byte[] packet = Bytes(row[0]);
            uint addressBe = BitConverter.ToUInt32(IPAddress.Parse(row[2].GetString()!).GetAddressBytes());
            ushort portBe = PacketInfos.Be(row[3].GetUInt16());
            PacketInfo info = PacketInfos.Of(packet, 0);
            RewriteStatus status = row[1].GetString() == "snat"
                ? AddressRewriter.SetSource(packet, info, addressBe, portBe)
                : AddressRewriter.SetDestination(packet, info, addressBe, portBe);
            Assert.Equal(RewriteStatus.Ok, status);
            Assert.Equal(row[4].GetString(), Convert.ToHexStringLower(packet));
        }
    }

    private static uint PseudoHeader(IPAddress source, IPAddress destination, IpProtocol protocol, int length)
    {
        byte[] from = source.GetAddressBytes(), to = destination.GetAddressBytes();
        return from.Length == 4
            ? InternetChecksum.PseudoHeaderV4(BitConverter.ToUInt32(from), BitConverter.ToUInt32(to), protocol, (uint)length)
            : InternetChecksum.PseudoHeaderV6(new IPv6Address(from), new IPv6Address(to), protocol, (uint)length);
    }

    private static JsonElement.ArrayEnumerator Rows(string name)
    {
        JsonElement rows = Golden.GetProperty(name + "Rows");
        Assert.NotEqual(0, rows.GetArrayLength());
        return rows.EnumerateArray();
    }

    private static byte[] Bytes(JsonElement hex) => Convert.FromHexString(hex.GetString()!);
}

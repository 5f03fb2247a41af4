using System.Globalization;
using DatapathKernels.Formats.Captures;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Packets;

/// <summary>
/// Cut, mutated and random frames between guard pages: nothing is read outside the frame, nothing throws, the short path
/// gives what the general path gives, a burst gives what single calls give.
/// </summary>
public class FlowParserFuzzTests
{
    /// <summary>Mutated frames to try; <c>DATAPATH_FUZZ_FRAMES</c> asks for more (or fewer) than the default.</summary>
    private static int Frames { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("DATAPATH_FUZZ_FRAMES"), CultureInfo.InvariantCulture, out int count) ? count : 2_000_000;

    [Fact]
    public void Every_frame_cut_at_every_length_stays_inside_its_bytes()
    {
        using GuardedMemory memory = new(4096);
        foreach ((byte[] bytes, LinkType link) in Generators.Frames.All)
        {
            for (int length = 0; length <= bytes.Length; length++)
            {
                PacketInfo info = Check(memory.AtEnd(bytes.AsSpan(0, length)), link);
                Assert.Equal(info, Check(memory.AtStart(bytes.AsSpan(0, length)), link));
            }
        }
    }

    [Fact]
    public void Mutated_frames_stay_inside_their_bytes_and_both_paths_agree()
    {
        using GuardedMemory memory = new(4096);
        Random random = new(20240601);
        (byte[] Bytes, LinkType Link)[] seeds = [.. Generators.Frames.All];
        for (int i = 0; i < Frames; i++)
        {
            (byte[] bytes, LinkType link) = seeds[i % seeds.Length];
            Span<byte> frame = (i & 64) == 0 ? memory.AtEnd(bytes) : memory.AtStart(bytes);
            frame = Mutate(frame, random, (i & 64) == 0);
            Check(frame, link);
        }
    }

    [CorpusFact]
    public void Real_frames_whole_and_mutated_stay_inside_their_bytes()
    {
        using GuardedMemory memory = new(1 << 18);
        Random random = new(1);
        int frames = 0;
        foreach (string file in Directory.EnumerateFiles(Corpus.PathOf("pcap", "files")))
        {
            try
            {
                using CaptureReader reader = CaptureReader.Open(file);
                while (reader.TryReadNext(out CaptureRecord record))
                {
                    frames++;
                    Check(memory.AtEnd(record.Frame), record.LinkType);
                    Check(Mutate(memory.AtEnd(record.Frame), random, true), record.LinkType);
                    Check(Mutate(memory.AtStart(record.Frame), random, false), record.LinkType);
                }
            }
            catch (CaptureFormatException)
            {
                // A file that is wrong: what came before the error was read.
            }
        }

        Assert.True(frames > 70_000, $"only {frames} frames were read");
    }

    [Fact]
    public void Random_bytes_under_every_link_type_stay_inside_their_bytes()
    {
        using GuardedMemory memory = new(4096);
        Random random = new(7);
        LinkType[] links = [.. Enum.GetValues<LinkType>(), (LinkType)9];
        for (int i = 0; i < Frames / 5; i++)
        {
            Span<byte> frame = (i & 1) == 0 ? memory.AtEnd(random.Next(120)) : memory.AtStart(random.Next(120));
            random.NextBytes(frame);
            Check(frame, links[i % links.Length]);
        }
    }

    [Fact]
    public void Bursts_equal_single_calls()
    {
        Random random = new(99);
        (byte[] Bytes, LinkType Link)[] seeds = [.. Generators.Frames.All];
        FlowKeyV4[] v4 = new FlowKeyV4[64];
        FlowKeyV6[] v6 = new FlowKeyV6[64];
        PacketInfo[] infos = new PacketInfo[64];
        using PacketArena arena = new(200, 512, 64);
        for (int round = 0; round < Frames / 5000; round++)
        {
            arena.Clear();
            int count = random.Next(1, 201);
            while (arena.Count < count)
            {
                (byte[] bytes, LinkType link) = seeds[random.Next(seeds.Length)];
                arena.TryAdd(bytes, link);
                int index = arena.Count - 1;
                if (random.Next(2) == 0)
                    arena.TryResize(index, Mutate(arena.Frame(index), random, false).Length);
                if (random.Next(8) == 0)
                    arena.TryPull(index, random.Next(20));
                if (random.Next(8) == 0)
                    arena.TryPush(index, random.Next(20));
            }

            foreach (PacketBurst burst in arena.Bursts())
                AssertBurst(burst, (ushort)round, v4, v6, infos);
        }
    }

    [Fact]
    public void Frames_at_the_end_of_the_last_slot_are_parsed_in_bursts_too()
    {
        using PacketArena arena = new(1, 128, 64);
        byte[] udp = Generators.Frames.Ethernet4(Generators.Frames.Ipv4(IpProtocol.Udp, Generators.Frames.Udp(22)));
        Assert.Equal(64, udp.Length);
        arena.TryAdd(udp);
        for (int pulled = 0; pulled <= 64; pulled++)
        {
            AssertBurst(arena.Burst(0), 1, new FlowKeyV4[1], new FlowKeyV6[1], new PacketInfo[1]);
            arena.TryPull(0, 1);
        }
    }

    [Fact]
    public void A_burst_needs_room_for_its_answers_and_allocates_nothing()
    {
        FlowKeyV4[] v4 = new FlowKeyV4[64];
        FlowKeyV6[] v6 = new FlowKeyV6[64];
        PacketInfo[] infos = new PacketInfo[64];
        using PacketArena arena = new(64);
        foreach ((byte[] bytes, LinkType link) in Generators.Frames.All)
            arena.TryAdd(bytes, link);
        Assert.Throws<ArgumentException>(() => FlowParser.ParseBurst(arena.Burst(0, 2), 0, v4.AsSpan(0, 1), v6, infos));
        Assert.Throws<ArgumentException>(() => FlowParser.ParseBurst(arena.Burst(0, 2), 0, v4, v6.AsSpan(0, 1), infos));
        Assert.Throws<ArgumentException>(() => FlowParser.ParseBurst(arena.Burst(0, 2), 0, v4, v6, infos.AsSpan(0, 1)));
        Assert.Equal(default, FlowParser.ParseBurst(arena.Burst(0, 0), 0, default, default, default));
        Allocation.IsZero(() => FlowParser.ParseBurst(arena.Burst(0), 0, v4, v6, infos));
    }

    private static void AssertBurst(in PacketBurst burst, ushort zone, FlowKeyV4[] v4, FlowKeyV6[] v6, PacketInfo[] infos)
    {
        FlowMasks masks = FlowParser.ParseBurst(burst, zone, v4, v6, infos);
        Assert.Equal(0ul, (masks.V4 & masks.V6) | (masks.Any & ~burst.All));
        for (int i = 0; i < burst.Count; i++)
        {
            FlowParser.Parse(burst[i], burst.Link(i), zone, out FlowKeyV4 key4, out FlowKeyV6 key6, out PacketInfo info);
            Assert.Equal(info, infos[i]);
            Assert.Equal(info.HasKey, (masks.Any >> i & 1) != 0);
            if ((masks.V4 >> i & 1) != 0)
                Assert.Equal(key4, v4[i]);
            if ((masks.V6 >> i & 1) != 0)
                Assert.Equal(key6, v6[i]);
            Assert.Equal(info.HasKey && (info.Flags & PacketFlags.Ipv4) != 0, (masks.V4 >> i & 1) != 0);
        }
    }

    /// <summary>Flips up to four bytes, mostly among the headers, and cuts the frame at times (at the end that is not guarded).</summary>
    private static Span<byte> Mutate(Span<byte> frame, Random random, bool atEnd)
    {
        for (int flips = random.Next(5); flips > 0 && !frame.IsEmpty; flips--)
            frame[random.Next(Math.Min(frame.Length, 80))] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)(1 << random.Next(8));
        if (random.Next(4) != 0)
            return frame;
        int length = random.Next(frame.Length + 1);
        if (!atEnd)
            return frame[..length];
        frame[..length].CopyTo(frame[^length..]);
        return frame[^length..];
    }

    /// <summary>Both paths, the quote, and everything a caller may rely on.</summary>
    private static PacketInfo Check(Span<byte> frame, LinkType link)
    {
        FlowParser.Parse(frame, link, 3, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        FlowKeyV4 general4 = default;
        FlowKeyV6 general6 = default;
        FlowParser.ParseGeneral(frame, link, 3, ref general4, ref general6, out PacketInfo general);
        if (info != general || v4 != general4 || v6 != general6)
            Assert.Fail($"paths differ on {link} {Convert.ToHexString(frame)}: {info} / {general}");
        QuotedPacketParser.Parse(frame, info, 3, out v4, out v6, out PacketInfo quoted);
        if (!IsSane(info, frame.Length) || !IsSane(quoted, frame.Length))
            Assert.Fail($"insane on {link} {Convert.ToHexString(frame)}: {info}, quoting {quoted}");
        return info;
    }

    private static bool IsSane(in PacketInfo info, int length)
    {
        if (info.L3Offset + info.L3Length > length || info.L4Offset > length)
            return false;
        if (!info.HasKey)
            return (info.Flags & PacketFlags.Transport) == 0 && (info.L4Offset == 0 || info.L4Offset + info.L4Length == info.L3Offset + info.L3Length);
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0, ipv6 = (info.Flags & PacketFlags.Ipv6) != 0;
        return ipv4 != ipv6
            && info.L4Offset >= info.L3Offset + (ipv4 ? 20 : 40)
            && info.L4Offset + info.L4Length == info.L3Offset + info.L3Length
            && ((info.Flags & PacketFlags.Transport) == 0 || (info.Status <= ParseStatus.LengthZero && info.L4Length >= 8))
            && (info.Status == ParseStatus.NonFirstFragment) == ((info.Flags & PacketFlags.NonFirstFragment) != 0)
            && (info.FragmentOffset != 0) == ((info.Flags & PacketFlags.NonFirstFragment) != 0);
    }
}

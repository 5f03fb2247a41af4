using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>The packets that walk the user's rules: those of the capture, or first packets made for the dump's services.</summary>
internal static class RulesTraffic
{
    /// <summary>Packets made when there is no capture: enough to visit a few thousand services evenly.</summary>
    public const int MadePackets = 4096;

    // One made packet in 16 goes to no service: it walks the whole chain and falls off its end.
    private const int MissEvery = 16;

    /// <summary>True when a packet is of the rules' family and has a key.</summary>
    public static bool Suits(IpFamily family, in PacketInfo info) =>
        info.HasKey && (info.Flags & PacketFlags.Ipv4) != 0 == (family == IpFamily.V4);

    /// <summary>The capture's packets of the rules' family.</summary>
    public static FrameList From(CaptureInput capture, IpFamily family)
    {
        FrameList frames = new();
        for (int i = 0; i < capture.Frames.Count; i++)
        {
            if (Suits(family, capture.Frames.Infos[i]))
                frames.Add(capture.Frames.Original(i), capture.Frames.Link(i));
        }

        frames.Seal();
        return frames;
    }

    /// <summary>First packets from the dump's pods to its services, drawn evenly; <paramref name="services"/> gets the service of each, -1 for none.</summary>
    public static FrameList Make(RulesInput rules, out int[] services) => Make(
        rules.Ruleset.Family,
        [.. rules.Services.Select(s => (s.Address, s.Port, s.Protocol))],
        [.. rules.Services.SelectMany(s => s.Endpoints).Select(e => e.Address).Distinct()],
        out services);

    /// <summary>First packets to services, drawn evenly; <paramref name="services"/> gets the service of each, -1 for none.</summary>
    /// <param name="family">Of all addresses.</param>
    /// <param name="targets">The services.</param>
    /// <param name="pods">Who sends; somebody outside where there are none.</param>
    /// <param name="services">The service of each packet.</param>
    public static FrameList Make(IpFamily family, IReadOnlyList<(UInt128 Address, ushort Port, IpProtocol Protocol)> targets, UInt128[] pods, out int[] services)
    {
        Random random = new(1);
        // TEST-NET-3 and the documentation prefix: nobody's services.
        UInt128 nowhere = family == IpFamily.V4 ? 0xCB00_7100 : (UInt128)0x2001_0DB8_0000_0000 << 64;
        FrameList frames = new();
        services = new int[MadePackets];
        Span<byte> frame = stackalloc byte[FirstPacket.MaxBytes];
        for (int i = 0; i < MadePackets; i++)
        {
            services[i] = targets.Count == 0 || i % MissEvery == 0 ? -1 : random.Next(targets.Count);
            (UInt128 to, ushort port, IpProtocol protocol) = services[i] < 0
                ? (nowhere + (uint)random.Next(256), (ushort)443, IpProtocol.Tcp)
                : targets[services[i]];
            UInt128 from = pods.Length > 0 ? pods[random.Next(pods.Length)] : nowhere;
            int length = FirstPacket.Write(frame, family, from, to, (ushort)random.Next(1024, 65536), port, protocol);
            frames.Add(frame[..length], LinkType.Ethernet);
        }

        frames.Seal();
        return frames;
    }
}

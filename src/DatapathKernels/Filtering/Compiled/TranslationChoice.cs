using DatapathKernels.Conntrack;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>Which address and port a translation rule gives one packet.</summary>
internal static class TranslationChoice
{
    /// <summary>127.0.0.1: where the kernel sends what the node itself sent and a rule redirects (<c>nf_nat_redirect</c> in OUTPUT).</summary>
    private const uint LoopbackV4 = 0x7f000001;

    /// <param name="translation">The rule's.</param>
    /// <param name="source">True when the source is translated.</param>
    /// <param name="family">The ruleset's family.</param>
    /// <param name="interfaceAddresses">The primary addresses of interfaces, by their numbers.</param>
    /// <param name="view">The packet.</param>
    /// <param name="meta">What the node knows of it.</param>
    /// <param name="random">Where choices are drawn from.</param>
    /// <param name="binding">The choice.</param>
    public static void Choose<TRandom>(in Translation translation, bool source, IpFamily family, UInt128?[] interfaceAddresses, in PacketView view, in PacketMeta meta, ref TRandom random, out NatBinding binding)
        where TRandom : struct, IRandomSource
    {
        binding = translation.Binding;
        switch (translation.Address)
        {
            case TranslationAddress.Given:
                break;
            case TranslationAddress.Range:
                binding.Address = WireAddress.Of(family, AddressOf(translation, source, family, view, meta.Zone));
                break;
            case TranslationAddress.Mapped:
                UInt128 own = view.AddressOf(family, source ? PacketSide.Source : PacketSide.Destination);
                binding.Address = WireAddress.Of(family, translation.Low | (own & translation.Width));
                break;
            case TranslationAddress.OfInterface when !source && meta.InInterface == 0:
                (binding.HasAddress, binding.Address) = (true, WireAddress.Of(family, family == IpFamily.V4 ? LoopbackV4 : UInt128.One));
                break;
            default:
                ushort id = source ? meta.OutInterface : meta.InInterface;
                binding.HasAddress = id < interfaceAddresses.Length && interfaceAddresses[id].HasValue;
                if (binding.HasAddress)
                    binding.Address = WireAddress.Of(family, interfaceAddresses[id].GetValueOrDefault());
                break;
        }

        if (!source && binding.Port != binding.HighPort)
            binding.Port = binding.HighPort = ChoosePort(binding, translation.PortBase, view.DestinationPort, ref random);
    }

    private static UInt128 AddressOf(in Translation translation, bool isSource, IpFamily family, in PacketView view, ushort zone) => NatAddressHash.Choose(
        translation.Low, translation.Low + translation.Width, view.AddressOf(family, PacketSide.Source), view.AddressOf(family, PacketSide.Destination),
        family == IpFamily.V6, zone, isSource, persistent: (translation.Binding.Flags & NatFlags.Persistent) != 0);

    /// <summary>As the kernel, where nobody else has the port: as far from the first as the packet's from the base, if there is one; drawn when random ports are asked for; else a port already in the range stays, and others get the first.</summary>
    private static ushort ChoosePort<TRandom>(in NatBinding binding, ushort? portBase, ushort current, ref TRandom random)
        where TRandom : struct, IRandomSource
    {
        if (portBase is { } start)
            return (ushort)(binding.Port + ((ushort)(current - start) % (binding.HighPort - binding.Port + 1)));
        if ((binding.Flags & (NatFlags.Random | NatFlags.RandomFully)) != 0)
            return (ushort)(binding.Port + (((ulong)(binding.HighPort - binding.Port) + 1) * random.Next() >> 32));
        return current >= binding.Port && current <= binding.HighPort ? current : binding.Port;
    }
}

using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>Which address and port a translation rule gives one packet.</summary>
internal static class TranslationChoice
{
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
                binding.Address = WireAddress.Of(family, translation.Low + Draw(translation.Width, ref random));
                break;
            case TranslationAddress.Mapped:
                UInt128 own = view.AddressOf(family, source ? PacketSide.Source : PacketSide.Destination);
                binding.Address = WireAddress.Of(family, translation.Low | (own & translation.Width));
                break;
            default:
                ushort id = source ? meta.OutInterface : meta.InInterface;
                binding.HasAddress = id < interfaceAddresses.Length && interfaceAddresses[id].HasValue;
                if (binding.HasAddress)
                    binding.Address = WireAddress.Of(family, interfaceAddresses[id].GetValueOrDefault());
                break;
        }

        if (!source && binding.Port != binding.HighPort)
            binding.Port = binding.HighPort = ChoosePort(binding, view.DestinationPort, ref random);
    }

    /// <summary>
    /// One of several addresses. The kernel hashes the source with a boot-time secret (so that a client keeps its choice); here
    /// the caller's draw decides, scaled as the kernel scales its hash.
    /// </summary>
    private static UInt128 Draw<TRandom>(UInt128 distance, ref TRandom random)
        where TRandom : struct, IRandomSource =>
        distance >= uint.MaxValue ? random.Next() : ((ulong)distance + 1) * random.Next() >> 32;

    /// <summary>As the kernel: a port already in the range stays, unless random ports are asked for.</summary>
    private static ushort ChoosePort<TRandom>(in NatBinding binding, ushort current, ref TRandom random)
        where TRandom : struct, IRandomSource
    {
        bool stays = (binding.Flags & (NatFlags.Random | NatFlags.RandomFully)) == 0 && current >= binding.Port && current <= binding.HighPort;
        return stays ? current : (ushort)(binding.Port + (((ulong)(binding.HighPort - binding.Port) + 1) * random.Next() >> 32));
    }
}

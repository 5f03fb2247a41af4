using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>Translation targets: which address and port.</content>
public abstract partial class ChainMatcher
{
    private void Translate<TRandom>(in Translation translation, int chain, in PacketView view, in PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        NatKind kind = translation.Binding.Kind;
        bool source = kind is NatKind.Snat or NatKind.Masquerade
            || (kind == NatKind.Netmap && _layout.Chains[chain]!.Hook is Hook.Input or Hook.PostRouting);
        ref NatBinding binding = ref source ? ref verdict.Source : ref verdict.Destination;
        binding = translation.Binding;
        if (translation.Address != TranslationAddress.Given)
            ResolveAddress(translation, source, view, meta, ref random, ref binding);
        if (!source && binding.Port != binding.HighPort)
            binding.Port = binding.HighPort = ChoosePort(binding, view.DestinationPort, ref random);
    }

    private void ResolveAddress<TRandom>(in Translation translation, bool source, in PacketView view, in PacketMeta meta, ref TRandom random, ref NatBinding binding)
        where TRandom : struct, IRandomSource
    {
        switch (translation.Address)
        {
            case TranslationAddress.Range:
                binding.Address = WireAddress.Of(_program.Family, translation.Low + Choose(translation.Width, ref random));
                break;
            case TranslationAddress.Mapped:
                UInt128 own = view.AddressOf(_program.Family, source ? PacketSide.Source : PacketSide.Destination);
                binding.Address = WireAddress.Of(_program.Family, translation.Low | (own & translation.Width));
                break;
            default:
                ushort id = source ? meta.OutInterface : meta.InInterface;
                binding.HasAddress = id < _interfaceAddresses.Length && _interfaceAddresses[id].HasValue;
                if (binding.HasAddress)
                    binding.Address = WireAddress.Of(_program.Family, _interfaceAddresses[id].GetValueOrDefault());
                break;
        }
    }

    /// <summary>
    /// One of several addresses. The kernel hashes the source with a boot-time secret (so that a client keeps its choice); here
    /// the caller's draw decides, scaled as the kernel scales its hash.
    /// </summary>
    private static UInt128 Choose<TRandom>(UInt128 distance, ref TRandom random)
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

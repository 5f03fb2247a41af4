using System.Buffers.Binary;
using DatapathKernels.Hashing;
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

    /// <summary>
    /// One of several addresses, by a hash of the packet's (<c>find_best_ips_proto</c>): a client keeps its address towards one destination, and with
    /// <c>--persistent</c> towards all. Word by word: the first that is below the range's end frees those behind it.
    /// </summary>
    private static UInt128 AddressOf(in Translation translation, bool isSource, IpFamily family, in PacketView view, ushort zone)
    {
        UInt128 source = view.AddressOf(family, PacketSide.Source), destination = view.AddressOf(family, PacketSide.Destination);
        UInt128 low = translation.Low, high = translation.Low + translation.Width, chosen = 0;
        int words = family == IpFamily.V4 ? 1 : 4;
        bool persistent = (translation.Binding.Flags & NatFlags.Persistent) != 0, isFree = false;
        Span<uint> key = stackalloc uint[4];
        key.Clear();
        for (int i = 0; i < words; i++)
            key[i] = Raw(source, words, i);
        uint hash = JenkinsHash.Words(key, persistent ? 0 : Raw(destination, words, words - 1) ^ zone);
        for (int i = 0; i < words; i++)
        {
            (uint first, uint last) = (Word(low, words, i), Word(high, words, i));
            uint word = isFree ? ReciprocalScale.Scale(hash, uint.MaxValue) : first + ReciprocalScale.Scale(hash, last - first + 1);
            isFree |= word != last;
            chosen = (chosen << 32) | word;
            // Where destinations are chosen, the kernel mixes in what it has just written over the packet's own.
            hash ^= persistent ? 0 : isSource ? Raw(destination, words, i) : BinaryPrimitives.ReverseEndianness(word);
        }

        return chosen;
    }

    /// <summary>A word of an address, the first one highest.</summary>
    private static uint Word(UInt128 address, int words, int index) => (uint)(address >> (32 * (words - 1 - index)));

    /// <summary>The same as the kernel reads it from memory, on a little-endian machine.</summary>
    private static uint Raw(UInt128 address, int words, int index) => BinaryPrimitives.ReverseEndianness(Word(address, words, index));

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

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>Translation targets: which address and port, and writing a destination.</content>
public abstract partial class ChainMatcher
{
    private void Translate<TRandom>(NatTarget target, Span<byte> frame, in PacketInfo info, ref PacketView view, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        NatBinding binding = BindingOf(target, _program.Family);
        if (target is { Low: { } low, High: { } high } && low != high)
            binding.Address = WireAddress(low + Choose(high - low, ref random), _program.Family);

        if (target.Kind is NatKind.Snat or NatKind.Masquerade)
        {
            verdict.Source = binding;
            return;
        }

        if (binding.HasPort)
            binding.Port = binding.HighPort = ChoosePort(binding, view.DestinationPort, ref random);
        verdict.Destination = binding;
        if (target.Kind == NatKind.Dnat)
            WriteDestination(binding, frame, info, ref view, ref verdict);
    }

    /// <summary>What a target asks for, with the first of its addresses.</summary>
    internal static NatBinding BindingOf(NatTarget target, IpFamily family)
    {
        NatBinding binding = new() { Kind = target.Kind, Flags = target.Flags };
        if (target.Low is { } low)
        {
            binding.HasAddress = true;
            binding.Address = WireAddress(low, family);
        }

        if (target.Ports is { } ports)
        {
            binding.HasPort = true;
            binding.Port = ports.Low;
            binding.HighPort = ports.High;
        }

        return binding;
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
        if (binding.Port >= binding.HighPort)
            return binding.Port;
        bool stays = (binding.Flags & (NatFlags.Random | NatFlags.RandomFully)) == 0 && current >= binding.Port && current <= binding.HighPort;
        return stays ? current : (ushort)(binding.Port + (((ulong)(binding.HighPort - binding.Port) + 1) * random.Next() >> 32));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteDestination(in NatBinding binding, Span<byte> frame, in PacketInfo info, ref PacketView view, ref PacketVerdict verdict)
    {
        ushort portBe = binding.HasPort ? BinaryPrimitives.ReverseEndianness(binding.Port) : CurrentPortBe(frame, info);
        if (_program.Family == IpFamily.V4)
        {
            uint address = binding.HasAddress ? FirstWord(binding.Address) : (uint)(view.Source0 >> 32);
            verdict.Rewrite = AddressRewriter.SetDestination(frame, info, address, portBe);
        }
        else
        {
            IPv6Address address = binding.HasAddress ? binding.Address : WireAddress(view.AddressOf(IpFamily.V6, PacketSide.Destination), IpFamily.V6);
            verdict.Rewrite = AddressRewriter.SetDestination(frame, info, address, portBe);
        }

        PacketView.TryLoad(_program.Family, frame, info, out view);
    }

    /// <summary>What stands where the rewriter would write a port: the destination port, or ICMP's identifier.</summary>
    private static ushort CurrentPortBe(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        int offset = info.L4Offset + (info.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6 ? 4 : 2);
        return (info.Flags & PacketFlags.Transport) != 0 && offset + 2 <= frame.Length ? MemoryMarshal.Read<ushort>(frame[offset..]) : (ushort)0;
    }

    private static IPv6Address WireAddress(UInt128 number, IpFamily family)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (family == IpFamily.V4)
        {
            bytes.Clear();
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)number);
        }
        else
        {
            BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        }

        return MemoryMarshal.Read<IPv6Address>(bytes);
    }

    private static uint FirstWord(in IPv6Address address) =>
        MemoryMarshal.Read<uint>(MemoryMarshal.AsBytes(new ReadOnlySpan<IPv6Address>(in address)));
}

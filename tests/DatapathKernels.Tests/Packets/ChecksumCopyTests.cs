using DatapathKernels.Packets;
using DatapathKernels.Simd;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Packets;

/// <summary>The copy that sums: every length at guard pages, every width, the sum of the plain checksum.</summary>
public class ChecksumCopyTests
{
    [Fact]
    public void Every_width_copies_all_sums_all_and_touches_nothing_else()
    {
        Check<ScalarIsa>();
        Check<Isa128>();
        Check<Isa256>();
        Check<Isa512>();
    }

    [Fact]
    public void Too_little_room_is_an_error() =>
        Assert.Throws<ArgumentException>(() => InternetChecksum.CopyAndSum(new byte[10], new byte[9]));

    private static void Check<TIsa>()
        where TIsa : struct, IIsa
    {
        using GuardedMemory source = new(4096), destination = new(4096);
        byte[] bytes = new byte[700];
        new Random(3).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
        {
            ReadOnlySpan<byte> input = bytes.AsSpan(0, length);
            Span<byte> copy = destination.AtEnd(length);
            copy.Clear();
            uint sum = InternetChecksum.CopyAndSum<TIsa>(source.AtEnd(input), copy);
            Assert.Equal(InternetChecksum.Compute(input), InternetChecksum.Finish(sum));
            Assert.True(copy.SequenceEqual(input));

            Span<byte> wide = destination.AtStart(length + 128);
            wide.Fill(0xcc);
            InternetChecksum.CopyAndSum<TIsa>(source.AtStart(input), wide);
            Assert.True(wide[..length].SequenceEqual(input) && !wide[length..].ContainsAnyExcept((byte)0xcc));
        }
    }
}

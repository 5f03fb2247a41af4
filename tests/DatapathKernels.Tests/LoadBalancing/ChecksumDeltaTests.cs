using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>A delta mends as RFC 1624's sum does, bit for bit, at the corners of ones' complement too.</summary>
public class ChecksumDeltaTests
{
    private static readonly ushort[] Checksums = [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff];
    private static readonly uint[] Words = [0, 1, 0xffff, 0x1_0000, 0xffff_0000, 0x0a60_000a, 0x7fff_8000, 0xffff_fffe, 0xffff_ffff];

    [Fact]
    public void It_mends_as_the_sum_does()
    {
        foreach (uint old in Words)
        {
            foreach (uint now in Words)
                AssertMends(old, now, Checksums);
        }
    }

    [Fact]
    public void It_mends_any_checksum_as_the_sum_does()
    {
        Random random = new(3);
        for (int i = 0; i < 20_000; i++)
            AssertMends((uint)random.NextInt64(1L << 32), (uint)random.NextInt64(1L << 32), [(ushort)random.Next(1 << 16)]);
    }

    private static void AssertMends(uint old, uint now, ReadOnlySpan<ushort> checksums)
    {
        ChecksumDelta delta = ChecksumDelta.Of(~old, now);
        foreach (ushort checksum in checksums)
        {
            Assert.Equal(InternetChecksum.Replace32(checksum, old, now), delta.Mend(checksum));
            Assert.Equal(InternetChecksum.Replace32(checksum, now, old), delta.Inverse.Mend(checksum));
        }
    }
}

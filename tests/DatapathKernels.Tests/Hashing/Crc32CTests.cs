using DatapathKernels.Hashing;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Hashing;

public class Crc32CTests
{
    [Fact]
    public void The_check_value() => Assert.Equal(0xe3069283u, Crc32C.Compute("123456789"u8));

    [Fact]
    public void Every_length_flush_against_a_guard_page_at_both_ends()
    {
        using GuardedMemory memory = new(4096);
        byte[] bytes = Bytes(1600);
        uint byBit = uint.MaxValue;
        for (int length = 0; length <= bytes.Length; length++)
        {
            ReadOnlySpan<byte> input = bytes.AsSpan(0, length);
            Assert.Equal(byBit, Crc32C.Update(uint.MaxValue, memory.AtStart(input)));
            Assert.Equal(byBit, Crc32C.Update(uint.MaxValue, memory.AtEnd(input)));
            if (length < bytes.Length)
                byBit = Feed(byBit, bytes[length]);
        }
    }

    [Theory]
    [InlineData(9000)]
    [InlineData(12287)]
    [InlineData(12288)]
    [InlineData(100_001)]
    public void Long_input_is_the_sum_of_its_pieces(int length)
    {
        byte[] bytes = Bytes(length);
        uint expected = Crc32C.Serial(7, bytes);
        Assert.Equal(expected, Crc32C.Update(7, bytes));
        Assert.Equal(expected, Crc32C.Update(Crc32C.Update(7, bytes.AsSpan(0, length / 3)), bytes.AsSpan(length / 3)));
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        byte[] bytes = Bytes(1480);
        uint sum = 0;
        Allocation.IsZero(() => sum += Crc32C.Compute(bytes));
    }

    /// <summary>The definition, bit by bit.</summary>
    private static uint Feed(uint crc, byte value)
    {
        crc ^= value;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
        return crc;
    }

    private static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DatapathKernels.Hashing;

public static partial class Crc32C
{
    // The instruction takes three cycles but a new one may start every cycle, so three thirds of the input are fed side by
    // side, the later two from an empty register. Being linear, the CRC of the whole is then the xor of the three, each
    // moved past the bytes that follow its third. Moving a register past n bytes is a product with x^(8n) modulo the
    // polynomial: a carry-less product with the constant x^(8n - 33), which the instruction itself reduces, at the price
    // of a factor x^33.

    /// <summary>From here on three streams beat one: measured.</summary>
    private const int InterleavedBytes = 256;

    /// <summary>Words of a third at most; longer input is taken in rounds.</summary>
    private const int MaxWords = 512;

    /// <summary>Feeds as many words as divide by three; returns the rest, fewer than <see cref="InterleavedBytes"/> bytes.</summary>
    private static ReadOnlySpan<byte> Interleaved(scoped ref uint crc, ReadOnlySpan<byte> bytes)
    {
        do
        {
            int words = Math.Min(bytes.Length / 24, MaxWords), third = words * 8;
            ref byte start = ref MemoryMarshal.GetReference(bytes);
            ulong a = crc, b = 0, c = 0;
            for (int offset = 0; offset < third; offset += 8)
            {
                // SAFE: 2 * third + offset + 8 <= 3 * third <= length
                a = Sse42.X64.Crc32(a, Word(ref start, offset));
                b = Sse42.X64.Crc32(b, Word(ref start, third + offset));
                c = Sse42.X64.Crc32(c, Word(ref start, 2 * third + offset));
            }

            crc = Move((uint)a, 2 * words) ^ Move((uint)b, words) ^ (uint)c;
            bytes = bytes[(3 * third)..];
        }
        while (bytes.Length >= InterleavedBytes);
        return bytes;
    }

    /// <summary>The register after that many words of zeros.</summary>
    private static uint Move(uint crc, int words)
    {
        Vector128<ulong> product = Pclmulqdq.CarrylessMultiply(
            Vector128.CreateScalar((ulong)crc), Vector128.CreateScalar((ulong)Powers.OfWords[words]), 0);
        return (uint)Sse42.X64.Crc32(0, product.ToScalar());
    }

    /// <summary>Made when the first long input comes.</summary>
    private static class Powers
    {
        private const uint Polynomial = 0x82F63B78;

        /// <summary>x^(64 n - 33) modulo the polynomial, reflected; entry 0 is not used.</summary>
        public static readonly uint[] OfWords = Make();

        private static uint[] Make()
        {
            uint[] powers = new uint[2 * MaxWords + 1];
            uint power = 0x8000_0000;   // x^0
            for (int exponent = 1; exponent <= 64 * 2 * MaxWords - 33; exponent++)
            {
                power = (power >> 1) ^ ((power & 1) != 0 ? Polynomial : 0);
                if ((exponent + 33) % 64 == 0)
                    powers[(exponent + 33) / 64] = power;
            }

            return powers;
        }
    }
}

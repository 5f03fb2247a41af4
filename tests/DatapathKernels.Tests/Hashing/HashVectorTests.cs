using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using DatapathKernels.Hashing;
using DatapathKernels.Simd;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Hashing;

/// <summary>The answers of the reference implementations and the published check values.</summary>
public class HashVectorTests
{
    [Fact]
    public void Jenkins_hash()
    {
        JsonElement file = Vectors.Load("algorithms/hash-jhash.json");
        foreach (JsonElement row in Rows(file, "official"))
            Assert.Equal(row[3].GetUInt32(), JenkinsHash.Bytes(Encoding.ASCII.GetBytes(row[0].GetString()!), row[2].GetUInt32()));
        foreach (JsonElement row in Rows(file, "bytes"))
            Assert.Equal(row[3].GetUInt32(), JenkinsHash.Bytes(BytesOrPattern(row[0].GetString()!), row[2].GetUInt32()));
        foreach (JsonElement row in Rows(file, "jhash2"))
            Assert.Equal(row[2].GetUInt32(), JenkinsHash.Words([.. row[0].EnumerateArray().Select(w => w.GetUInt32())], row[1].GetUInt32()));
        foreach (JsonElement row in Rows(file, "words"))
        {
            (uint a, uint b, uint c, uint initial) = (row[0].GetUInt32(), row[1].GetUInt32(), row[2].GetUInt32(), row[3].GetUInt32());
            Assert.Equal(row[4].GetUInt32(), JenkinsHash.Word(a, initial));
            Assert.Equal(row[5].GetUInt32(), JenkinsHash.Words(a, b, initial));
            Assert.Equal(row[6].GetUInt32(), JenkinsHash.Words(a, b, c, initial));
        }

        static byte[] BytesOrPattern(string text) => text.StartsWith("pattern:", StringComparison.Ordinal)
            ? Pattern(int.Parse(text.AsSpan(8), CultureInfo.InvariantCulture), 7, 3)
            : Convert.FromHexString(text);
    }

    [Fact]
    public void Jenkins_hash_of_columns_equals_single_words_on_every_width()
    {
        Check<NativeIsa>();
        Check<Isa512>();
        Check<Isa256>();
        Check<Isa128>();
        Check<ScalarIsa>();

        static void Check<TIsa>()
            where TIsa : struct, IIsa
        {
            Random random = new(3);
            for (int length = 0; length <= 67; length++)
            {
                uint[][] columns = [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, length).Select(_ => (uint)random.NextInt64(1L << 32)).ToArray())];
                uint[] hashes = new uint[length];
                JenkinsHash.Words<TIsa>(columns[0], columns[1], columns[2], 77, hashes);
                for (int i = 0; i < length; i++)
                    Assert.Equal(JenkinsHash.Words(columns[0][i], columns[1][i], columns[2][i], 77), hashes[i]);
            }
        }
    }

    [Fact]
    public void SipHash_official_messages()
    {
        JsonElement file = Vectors.Load("algorithms/hash-siphash.json");
        const ulong key0 = 0x0706050403020100, key1 = 0x0f0e0d0c0b0a0908;
        byte[] message = Pattern(64, 1, 0);
        for (int i = 0; i < 64; i++)
        {
            ReadOnlySpan<byte> bytes = message.AsSpan(0, i);
            Assert.Equal(Hex(file.GetProperty("siphash24")[i]), SipHash.Compute24(bytes, key0, key1));
            Assert.Equal(Hex(file.GetProperty("hsiphash64bitKernel")[i]), SipHash.Kernel64(bytes, key0, key1));
            Assert.Equal(Hex(file.GetProperty("hsiphash32bitKernel")[i]), SipHash.Kernel32(bytes, 0x03020100, 0x07060504));
        }
    }

    [Fact]
    public void SipHash_random_messages_and_the_keys_of_ipvs_maglev()
    {
        JsonElement file = Vectors.Load("algorithms/hash-siphash.json");
        foreach (JsonElement row in Rows(file, "random"))
        {
            byte[] bytes = Convert.FromHexString(row[0].GetString()!);
            Assert.Equal(Hex(row[3]), SipHash.Compute24(bytes, Hex(row[1]), Hex(row[2])));
            Assert.Equal(Hex(row[4]), SipHash.Kernel64(bytes, Hex(row[1]), Hex(row[2])));
        }

        Span<byte> word = stackalloc byte[4];
        foreach (JsonElement row in Rows(file, "ipvsMh"))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(word, row[0].GetUInt32());
            Assert.Equal(row[1].GetUInt32(), SipHash.Kernel64(word, 2654435761, 2654435761));
            Assert.Equal(row[2].GetUInt32(), SipHash.Kernel64(word, 2654446892, 2654446892));
            Assert.Equal(row[1].GetUInt32(), SipHash.Kernel64(row[0].GetUInt32(), 2654435761, 2654435761));
        }
    }

    [Fact]
    public void Toeplitz_of_the_rss_suite()
    {
        JsonElement file = Vectors.Load("algorithms/hash-toeplitz.json");
        Assert.Equal(file.GetProperty("key").GetString(), Convert.ToHexStringLower(Toeplitz.MicrosoftKey));
        Assert.Equal(file.GetProperty("symmetricKey").GetString(), Convert.ToHexStringLower(Toeplitz.SymmetricKey));
        Toeplitz microsoft = new(Toeplitz.MicrosoftKey), symmetric = new(Toeplitz.SymmetricKey);
        foreach (JsonElement row in Rows(file, "official"))
            CheckTuple(microsoft, row);
        foreach (JsonElement row in Rows(file, "random"))
            CheckTuple(microsoft, row);
        foreach (JsonElement row in Rows(file, "symmetricKeyRows"))
            CheckTuple(symmetric, row);
        foreach (JsonElement row in Rows(file, "bitVectors"))
            Assert.Equal(row[1].GetUInt32(), microsoft.Compute(Convert.FromHexString(row[0].GetString()!)));
    }

    [Fact]
    public void Crc32c()
    {
        JsonElement file = Vectors.Load("algorithms/hash-crc32c.json");
        foreach (JsonElement row in Rows(file, "official"))
            Assert.Equal(row[1].GetUInt32(), Crc32C.Compute(Convert.FromHexString(row[0].GetString()!)));
        foreach (JsonElement row in Rows(file, "pattern"))
            Assert.Equal(row[1].GetUInt32(), Crc32C.Compute(Pattern(row[0].GetInt32(), 31, 7)));
        byte[] buffer = Convert.FromHexString(file.GetProperty("kernelBufferHex").GetString()!);
        foreach (JsonElement row in Rows(file, "kernel"))
            Assert.Equal(row[3].GetUInt32(), Crc32C.Update(row[0].GetUInt32(), Wrapped(buffer, row[1].GetInt32(), row[2].GetInt32())));
        Span<byte> word = stackalloc byte[8];
        foreach (JsonElement row in Rows(file, "instruction"))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Hex(row[1]));
            Assert.Equal(Hex(row[2]), Crc32C.Update((uint)Hex(row[0]), word));
        }

        static byte[] Wrapped(byte[] buffer, int offset, int length) => buffer.AsSpan(offset, length).ToArray();
    }

    [Fact]
    public void Murmur3_and_the_smhasher_verification_codes()
    {
        JsonElement file = Vectors.Load("algorithms/hash-murmur3.json");
        foreach (JsonElement row in Rows(file, "pattern"))
        {
            byte[] bytes = Pattern(row[0].GetInt32(), 13, 5);
            Assert.Equal((Hex(row[2]), Hex(row[3])), Murmur3.X64(bytes, row[1].GetUInt32()));
            Assert.Equal(Hex(row[4]), Murmur3.X86(bytes, row[1].GetUInt32()));
        }

        foreach (JsonElement row in Rows(file, "strings"))
            Assert.Equal((Hex(row[2]), Hex(row[3])), Murmur3.X64(Encoding.UTF8.GetBytes(row[0].GetString()!), row[1].GetUInt32()));
        Assert.Equal(0xb0f57ee3u, Verification(4, (bytes, seed, output) => BinaryPrimitives.WriteUInt32LittleEndian(output, Murmur3.X86(bytes, seed))));
        Assert.Equal(0x6384ba69u, Verification(16, (bytes, seed, output) =>
        {
            (ulong h1, ulong h2) = Murmur3.X64(bytes, seed);
            BinaryPrimitives.WriteUInt64LittleEndian(output, h1);
            BinaryPrimitives.WriteUInt64LittleEndian(output.AsSpan(8), h2);
        }));
    }

    [Fact]
    public void XxHash_family()
    {
        JsonElement file = Vectors.Load("algorithms/hash-xxh3.json");
        byte[] buffer = new byte[file.GetProperty("rows").EnumerateArray().Max(row => row[0].GetInt32())];
        ulong generator = 2654435761;
        foreach (ref byte value in buffer.AsSpan())
        {
            value = (byte)(generator >> 56);
            generator *= 11400714785074694797;
        }

        foreach (JsonElement row in Rows(file, "rows"))
        {
            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, row[0].GetInt32());
            Assert.True(Hex(row[1]) == XxHash3.Compute(bytes), $"{row}");
            Assert.Equal(Hex(row[2]), XxHash3.Compute(bytes, 11400714785074694797));
            Assert.Equal(Hex(row[3]), XxHash64.Compute(bytes));
            Assert.Equal(Hex(row[4]), XxHash32.Compute(bytes));
        }
    }

    [Fact]
    public void Golden_ratio_hash()
    {
        foreach (JsonElement row in Rows(Vectors.Load("algorithms/hash-golden.json"), "rows"))
        {
            Assert.Equal(row[1].GetUInt32(), GoldenHash.Hash32(row[0].GetUInt32()));
            Assert.Equal(row[2].GetUInt32(), GoldenHash.Hash32(row[0].GetUInt32(), 8));
        }
    }

    [Theory]
    [InlineData(0u, 10u, 0u)]
    [InlineData(uint.MaxValue, 10u, 9u)]
    [InlineData(0x80000000u, 7u, 3u)]
    [InlineData(uint.MaxValue, 0u, 0u)]
    public void Reciprocal_scale_uses_the_high_bits(uint hash, uint n, uint expected) =>
        Assert.Equal(expected, ReciprocalScale.Scale(hash, n));

    /// <summary>SMHasher's VerificationTest: hashes of {}, {0}, {0,1}, ... with seeds 256, 255, ... are hashed once more.</summary>
    private static uint Verification(int size, Action<byte[], uint, byte[]> hash)
    {
        byte[] hashes = new byte[256 * size], output = new byte[size];
        for (int i = 0; i < 256; i++)
        {
            hash(Pattern(i, 1, 0), 256 - (uint)i, output);
            output.CopyTo(hashes, i * size);
        }

        hash(hashes, 0, output);
        return BinaryPrimitives.ReadUInt32LittleEndian(output);
    }

    private static void CheckTuple(Toeplitz toeplitz, JsonElement row)
    {
        byte[] source = IPAddress.Parse(row[0].GetString()!).GetAddressBytes(), destination = IPAddress.Parse(row[2].GetString()!).GetAddressBytes();
        ushort sourcePort = Be(row[1].GetUInt16()), destinationPort = Be(row[3].GetUInt16());
        (uint addresses, uint ports) = source.Length == 4
            ? (toeplitz.V4(BitConverter.ToUInt32(source), BitConverter.ToUInt32(destination)),
               toeplitz.V4(BitConverter.ToUInt32(source), BitConverter.ToUInt32(destination), sourcePort, destinationPort))
            : (toeplitz.V6(source, destination), toeplitz.V6(source, destination, sourcePort, destinationPort));
        Assert.Equal(row[4].GetUInt32(), addresses);
        Assert.Equal(row[5].GetUInt32(), ports);
    }

    private static ushort Be(ushort host) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(host) : host;

    private static byte[] Pattern(int length, int factor, int summand)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)(i * factor + summand);
        return bytes;
    }

    private static ulong Hex(JsonElement text) => ulong.Parse(text.GetString()!.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static JsonElement.ArrayEnumerator Rows(JsonElement file, string name)
    {
        JsonElement rows = file.GetProperty(name);
        Assert.NotEqual(0, rows.GetArrayLength());
        return rows.EnumerateArray();
    }
}

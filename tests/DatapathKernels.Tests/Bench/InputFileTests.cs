using System.IO.Compression;
using System.Text;
using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Input;
using Xunit;

namespace DatapathKernels.Tests.Bench;

/// <summary>Files of the reader's, packed or not, whole or cut off, text or not.</summary>
public sealed class InputFileTests : IDisposable
{
    private static readonly byte[] Text = [.. Enumerable.Range(0, 500).SelectMany(i => Encoding.UTF8.GetBytes($"-A CHAIN-{i * 7919 % 1009} -j ACCEPT\n"))];

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Packed_files_are_unpacked_also_of_several_parts()
    {
        byte[] packed = Pack(Text);
        Assert.Equal(Text, Read(Text));
        Assert.Equal(Text, Read(packed));
        Assert.Equal([.. Text, .. Text], Read([.. packed, .. packed]));
    }

    [Fact]
    public void A_packed_file_cut_off_anywhere_is_no_shorter_file()
    {
        byte[] packed = Pack(Text);
        for (int length = 2; length < packed.Length; length += 13)
            Assert.Contains($"cut off at byte {length}", Assert.Throws<InvalidDataException>(() => Read(packed[..length])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*nat\r\n\t:A\f", null)]
    [InlineData("", null)]
    [InlineData("*nat\0", "byte 4: expected a dump, found the byte 0x00, which no text has")]
    [InlineData("\u0007", "byte 0: expected a dump, found the byte 0x07, which no text has")]
    public void Text_has_no_control_characters_but_a_few(string text, string? message)
    {
        if (message is null)
            InputFile.RequireText(Encoding.UTF8.GetBytes(text), "x", "a dump");
        else
            Assert.Equal($"x: {message}", Assert.Throws<BadInputException>(() => InputFile.RequireText(Encoding.UTF8.GetBytes(text), "x", "a dump")).Message);
    }

    [Fact]
    public void Text_of_sixteen_bits_is_text_when_it_says_so() => InputFile.RequireText([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("kind: List")], "x", "manifests");

    private byte[] Read(byte[] bytes)
    {
        File.WriteAllBytes(_path, bytes);
        return InputFile.ReadAll(_path);
    }

    private static byte[] Pack(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionMode.Compress, leaveOpen: true))
            stream.Write(bytes);
        return packed.ToArray();
    }
}

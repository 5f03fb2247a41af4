using DatapathKernels.Memory;
using Xunit;

namespace DatapathKernels.Tests.Memory;

public unsafe class NativeBufferTests
{
    [Theory]
    [InlineData(1, NativeBuffer.CacheLine)]
    [InlineData(4097, NativeBuffer.CacheLine)]
    [InlineData(3 << 20, NativeBuffer.HugePage)]
    public void Memory_is_aligned_and_zero(int bytes, int alignment)
    {
        using NativeBuffer buffer = new((nuint)bytes);
        Assert.Equal((nuint)bytes, buffer.Length);
        Assert.Equal(0u, (nuint)buffer.Pointer % (nuint)alignment);
        Assert.False(new ReadOnlySpan<byte>(buffer.Pointer, bytes).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Use_after_dispose_is_an_error()
    {
        NativeBuffer buffer = new(64);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nuint)buffer.Pointer);
    }

    [Fact]
    public void Zero_bytes_are_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => new NativeBuffer(0));
}

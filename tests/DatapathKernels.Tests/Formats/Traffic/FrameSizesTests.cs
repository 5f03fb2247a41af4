using DatapathKernels.Formats.Traffic;
using Xunit;

namespace DatapathKernels.Tests.Formats.Traffic;

public class FrameSizesTests
{
    [Fact]
    public void Means_are_those_of_the_standards()
    {
        Assert.Equal(361.8, FrameSizes.Imix.MeanBytes, 1);
        Assert.Equal(353.8, FrameSizes.ImixCsit.MeanBytes, 1);
        Assert.Equal(1518, FrameSizes.Imix.LargestBytes);
        Assert.Equal(64, FrameSizes.Fixed(64).MeanBytes);
    }

    [Theory]
    [InlineData(63)]
    [InlineData(9019)]
    public void Sizes_beyond_ethernets_are_refused(int bytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameSizes.Fixed(bytes));
}

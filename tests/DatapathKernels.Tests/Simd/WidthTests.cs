using System.Runtime.Intrinsics;
using DatapathKernels.Simd;
using Xunit;

namespace DatapathKernels.Tests.Simd;

/// <summary>Which widths this run really has: the switches of the environment must do what their names say.</summary>
public class WidthTests
{
    [Fact]
    public void Widths_follow_the_environment_switches()
    {
        if (IsOff("DOTNET_EnableHWIntrinsic"))
            Assert.False(NativeIsa.V128 || NativeIsa.V256 || NativeIsa.V512);
        if (IsOff("DOTNET_EnableAVX2"))
            Assert.False(NativeIsa.V256 || NativeIsa.V512);
        if (IsOff("DOTNET_EnableAVX512"))
            Assert.False(NativeIsa.V512);
        Assert.Equal(Vector512.IsHardwareAccelerated, NativeIsa.V512);
        Assert.Equal(Vector256.IsHardwareAccelerated, NativeIsa.V256);
    }

    [Fact]
    public void Each_policy_allows_its_own_width_and_no_wider()
    {
        Assert.False(ScalarIsa.V128 || ScalarIsa.V256 || ScalarIsa.V512);
        Assert.False(Isa128.V256 || Isa128.V512);
        Assert.False(Isa256.V512);
        Assert.Equal(NativeIsa.V512, Isa512.V512);
        Assert.Equal(NativeIsa.V256, Isa256.V256);
        Assert.Equal(NativeIsa.V128, Isa128.V128);
    }

    private static bool IsOff(string variable) => Environment.GetEnvironmentVariable(variable) == "0";
}

using DatapathKernels.Hashing;
using DatapathKernels.Packets;
using DatapathKernels.Simd;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>FlowMap under millions of random operations at every load from empty to full, against a dictionary, on every width and for every layout.</summary>
public abstract class FlowMapStressTests<TIsa>
    where TIsa : struct, IIsa
{
    [Theory]
    [InlineData(1000, 2_000_000)]
    [InlineData(7, 200_000)]
    [InlineData(1, 50_000)]
    public void Split_keys(int capacity, int operations) => Run<RawKey<UInt128>>(capacity, operations, i => new(new UInt128(i, ~0ul - i)), key => (uint)(key.Value >> 64));

    [Fact]
    public void Keys_of_flows() =>
        Run<FlowKeyV4>(1000, 1_000_000, i => new(i, ~i, (ushort)i, 443, IpProtocol.Tcp), key => key.SourceBe);

    [Fact]
    public void Small_keys() => Run<RawKey<uint>>(800, 1_000_000, i => new(i * 2_654_435_761), key => key.Value * 244_002_641);

    [Fact]
    public void Eight_byte_keys() => Run<RawKey<ulong>>(800, 1_000_000, i => new(i), key => (uint)key.Value);

    [Fact]
    public void Crowded_keys() => Run<CrowdedKey>(60, 500_000, i => new(i), key => (uint)key.Value);

    private static void Run<TKey>(int capacity, int operations, Func<uint, TKey> toKey, Func<TKey, uint> toNumber)
        where TKey : unmanaged, IHashKey<TKey> => MapStress.Run(new StressedFlowMap<TKey, TIsa>(capacity, toKey, toNumber), capacity, operations);
}

public sealed class FlowMapStressNativeTests : FlowMapStressTests<NativeIsa>;

public sealed class FlowMapStress256Tests : FlowMapStressTests<Isa256>;

public sealed class FlowMapStress128Tests : FlowMapStressTests<Isa128>;

public sealed class FlowMapStressScalarTests : FlowMapStressTests<ScalarIsa>;

using System.Net;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Scenarios.Disruption;

/// <summary>A product's Maglev table; every slot stands for as many flows.</summary>
/// <param name="name">The product.</param>
/// <param name="build">Builds its table for backends of these numbers, which rise.</param>
internal sealed class TableBalancer(string name, Func<int[], MaglevTable> build) : IFlowBalancer
{
    private readonly Dictionary<int, MaglevTable> _full = [];

    /// <inheritdoc/>
    public string Name => name;

    /// <summary>The paper's, Cilium's and both of Katran's, in their usual sizes.</summary>
    public static IReadOnlyList<TableBalancer> All() =>
    [
        new("Maglev paper", backends => PaperMaglev.Build([.. backends.Select(b => $"backend-{b}")])),
        new("Cilium", backends => new CiliumMaglev().Build([.. backends.Select(b => new CiliumBackend(Address(b), 8080, IpProtocol.Tcp))])),
        new("Katran V1", backends => KatranMaglev.Build(Sorted(backends))),
        new("Katran V2", backends => KatranMaglev.BuildV2(Sorted(backends))),
    ];

    /// <inheritdoc/>
    public FlowMoves Leave(int backends, int leaving)
    {
        int[] rest = [.. Enumerable.Range(0, backends).Where(b => b != leaving)];
        int[] survivors = [.. Enumerable.Range(0, backends).Select(b => b == leaving ? -1 : b < leaving ? b : b - 1)];
        return FlowMoves.Of(MaglevDisruption.Between(Full(backends), build(rest), survivors));
    }

    /// <inheritdoc/>
    public FlowMoves Join(int backends) =>
        FlowMoves.Of(MaglevDisruption.Between(Full(backends), Full(backends + 1), [.. Enumerable.Range(0, backends)]));

    private MaglevTable Full(int backends)
    {
        if (!_full.TryGetValue(backends, out MaglevTable? table))
            _full.Add(backends, table = build([.. Enumerable.Range(0, backends)]));
        return table;
    }

    /// <summary>Hashes that rise with the number, so that Katran's order, by hash, is the list's.</summary>
    private static KatranBackend[] Sorted(int[] backends) => [.. backends.Select(b => new KatranBackend(((ulong)b * 0x0123_4567_89ab) + 17))];

    private static IPAddress Address(int backend) => new([10, 0, (byte)(backend >> 8), (byte)backend]);
}

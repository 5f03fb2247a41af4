using System.Net;
using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does it cost to find the route of an address, and to change one? Addresses lie in routes drawn evenly. The baseline
/// asks one dictionary for every prefix length that occurs, longest first.
/// </summary>
[MeasuredIn("ns/address")]
public class RouteTableBench : IDisposable
{
    private const int Queries = 1 << 20, Asked = 8192, Burst = 32;

    // One in so many answers of IPv6 is checked: each takes longer than a thousand lookups.
    private const int Checked = 16;

    private readonly uint[] _hops = new uint[Burst];
    private RouteTableV4? _v4;
    private RouteTableV6? _v6;
    private (int Length, Dictionary<uint, uint> Routes)[] _byLength = [];
    private uint[] _addresses = [];
    private IPv6Address[] _addressesV6 = [];
    private IPNetwork _flapping;
    private int _next;

    /// <summary>Number of routes.</summary>
    [Params(
        5000,     // a large cluster: the lines asked for lie in L2
        900000)]  // the public IPv4 table: every address is a line of its own
    [Quick(900000)]
    public int Routes { get; set; }

    [GlobalSetup(Targets = [nameof(Lookup), nameof(LookupBurst), nameof(Dictionaries), nameof(InsertDelete)])]
    public void SetupV4()
    {
        RouteSet routes = new(Routes, v6: false);
        _v4 = new RouteTableV4(Routes + 1, groups: 16_384);
        routes.Fill(_v4);
        _byLength = [.. routes.Networks.Select((network, i) => (network, i)).GroupBy(r => r.network.PrefixLength).OrderByDescending(g => g.Key)
            .Select(g => (g.Key, g.ToDictionary(r => KeyOf(RouteSet.Words([r.network.BaseAddress])[0], g.Key), r => (uint)r.i)))];
        _addresses = RouteSet.Words(routes.Addresses(Queries));
        _flapping = IPNetwork.Parse("223.255.0.0/24");
        foreach (uint address in _addresses)
        {
            if (!_v4.TryLookup(address, out uint hop) || hop != ByDictionaries(address))
                throw new InvalidOperationException($"{new IPAddress(address)}: next hop {hop}, expected {ByDictionaries(address)}");
        }
    }

    [GlobalSetup(Targets = [nameof(LookupV6), nameof(LookupBurstV6)])]
    public void SetupV6()
    {
        RouteSet routes = new(Routes, v6: true);
        _v6 = new RouteTableV6(Routes);
        routes.Fill(_v6);
        _addressesV6 = RouteSet.AddressesV6(routes.Addresses(Queries));
        for (int i = 0; i < _addressesV6.Length; i += Checked)
        {
            IPv6Address address = _addressesV6[i];
            if (!_v6.TryLookup(address, out uint hop) || !routes.Networks[(int)hop].Contains(IPAddress.Parse(address.ToString())))
                throw new InvalidOperationException($"{address}: next hop {hop} is no route of it");
        }
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _v4?.Dispose();
        _v6?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>IPv4, one address a call.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public uint Lookup()
    {
        uint sum = 0;
        foreach (uint address in Next(_addresses))
        {
            _v4!.TryLookup(address, out uint hop);
            sum += hop;
        }

        return sum;
    }

    /// <summary>IPv4, 32 addresses a call.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public uint LookupBurst()
    {
        uint sum = 0;
        ReadOnlySpan<uint> addresses = Next(_addresses);
        for (int i = 0; i < addresses.Length; i += Burst)
        {
            _v4!.LookupBurst(addresses.Slice(i, Burst), _hops);
            sum += _hops[0];
        }

        return sum;
    }

    /// <summary>IPv6, one address a call.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public uint LookupV6()
    {
        uint sum = 0;
        foreach (ref readonly IPv6Address address in Next(_addressesV6))
        {
            _v6!.TryLookup(address, out uint hop);
            sum += hop;
        }

        return sum;
    }

    /// <summary>IPv6, 32 addresses a call.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public uint LookupBurstV6()
    {
        uint sum = 0;
        ReadOnlySpan<IPv6Address> addresses = Next(_addressesV6);
        for (int i = 0; i < addresses.Length; i += Burst)
        {
            _v6!.LookupBurst(addresses.Slice(i, Burst), _hops);
            sum += _hops[0];
        }

        return sum;
    }

    /// <summary>IPv4, a dictionary a prefix length, longest first.</summary>
    [Benchmark(OperationsPerInvoke = Asked, Baseline = true)]
    public uint Dictionaries()
    {
        uint sum = 0;
        foreach (uint address in Next(_addresses))
            sum += ByDictionaries(address);
        return sum;
    }

    /// <summary>One IPv4 /24 in and out again: ns for both.</summary>
    [Benchmark]
    public MapError InsertDelete()
    {
        _v4!.Insert(_flapping, 1);
        return _v4.Delete(_flapping);
    }

    private ReadOnlySpan<T> Next<T>(T[] addresses)
    {
        int start = _next;
        _next = (_next + Asked) & (Queries - 1);
        return addresses.AsSpan(start, Asked);
    }

    private uint ByDictionaries(uint address)
    {
        foreach ((int length, Dictionary<uint, uint> routes) in _byLength)
        {
            if (routes.TryGetValue(KeyOf(address, length), out uint hop))
                return hop;
        }

        return RouteTable.NoRoute;
    }

    private static uint KeyOf(uint addressBe, int length) => (uint)IPAddress.NetworkToHostOrder((int)addressBe) >> (32 - length);
}

using System.Text;
using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// How long until kube-proxy's rules, as text, are ready for packets? Parsed, compiled, and made ready for each matcher. The records
/// say how many bytes of managed memory each step allocated; native memory is the matchers' <see cref="ChainMatcher.Bytes"/>.
/// </summary>
[MeasuredIn("ns/load")]
public class LoadBench : IDisposable
{
    private byte[] _text = [];
    private Ruleset _ruleset = null!;
    private CompiledRuleset? _compiled;

    /// <summary>Number of services, of one port and three endpoints each: eleven rules a service.</summary>
    [Params(1000, 30000)]
    [Quick(1000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _text = Encoding.UTF8.GetBytes(new ClusterRules(Services).Text());
        _ruleset = Parse();
        _compiled = new CompiledRuleset(_ruleset);
        if (_ruleset.RuleCount < Services * 10)
            throw new InvalidOperationException($"{_ruleset.RuleCount} rules, expected eleven a service");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _compiled?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>From text to all three matchers over rules compiled once.</summary>
    [Benchmark(Baseline = true)]
    public long Everything()
    {
        using CompiledRuleset compiled = new(Parse());
        using LinearMatcher linear = new(compiled);
        using VectorMatcher vector = new(compiled);
        using IndexedMatcher indexed = new(compiled);
        return linear.Bytes + vector.Bytes + indexed.Bytes;
    }

    /// <summary>From text to the model.</summary>
    [Benchmark]
    [FullOnly]
    public Ruleset Parse() => IptablesSaveParser.Parse(_text, null, out _, "built-in cluster");

    /// <summary>From the model to compiled rules.</summary>
    [Benchmark]
    public long Compile()
    {
        using CompiledRuleset compiled = new(_ruleset);
        return compiled.Bytes;
    }

    /// <summary>From compiled rules to the matcher that walks them.</summary>
    [Benchmark]
    [FullOnly]
    public long Linear()
    {
        using LinearMatcher matcher = new(_compiled!);
        return matcher.Bytes;
    }

    /// <summary>From compiled rules to columns.</summary>
    [Benchmark]
    [FullOnly]
    public long Vector()
    {
        using VectorMatcher matcher = new(_compiled!);
        return matcher.Bytes;
    }

    /// <summary>From compiled rules to blocks and indexes.</summary>
    [Benchmark]
    [FullOnly]
    public long Indexed()
    {
        using IndexedMatcher matcher = new(_compiled!);
        return matcher.Bytes;
    }
}

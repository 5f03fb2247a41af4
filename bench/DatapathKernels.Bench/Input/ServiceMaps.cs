using System.Collections.Frozen;

namespace DatapathKernels.Bench.Input;

/// <summary>
/// The baselines of every service lookup: the two dictionaries of .NET over the same keys, asked for the services of the
/// same packets.
/// </summary>
/// <typeparam name="TKey">The key of the address family: the JIT makes machine code of its own for each.</typeparam>
internal sealed class ServiceMaps<TKey>
    where TKey : struct, IEquatable<TKey>
{
    private readonly Dictionary<TKey, int> _dictionary;
    private readonly FrozenDictionary<TKey, int> _frozen;
    private readonly TKey[] _asked;

    /// <param name="services">The keys; the value of each is its index.</param>
    /// <param name="asked">The key of each packet.</param>
    /// <param name="expected">The service of each packet, -1 for none; null when nobody knows.</param>
    /// <exception cref="InvalidOperationException">A dictionary gives another answer than expected.</exception>
    public ServiceMaps(IReadOnlyList<TKey> services, TKey[] asked, int[]? expected)
    {
        _dictionary = services.Select((key, index) => (key, index)).ToDictionary(s => s.key, s => s.index);
        _frozen = _dictionary.ToFrozenDictionary();
        _asked = asked;
        for (int i = 0; i < asked.Length; i++)
        {
            int plain = _dictionary.GetValueOrDefault(asked[i], -1), frozen = _frozen.GetValueOrDefault(asked[i], -1);
            if (plain != frozen || (expected is not null && plain != expected[i]))
                throw new InvalidOperationException($"packet {i} ({asked[i]}): expected service {expected?[i]}, Dictionary says {plain}, FrozenDictionary {frozen}");
        }
    }

    /// <summary>Asks the dictionary for <paramref name="count"/> packets from <paramref name="start"/> on; the sum of the answers.</summary>
    public int AskDictionary(int start, int count)
    {
        int sum = 0;
        foreach (ref readonly TKey key in _asked.AsSpan(start, count))
            sum += _dictionary.TryGetValue(key, out int service) ? service : -1;
        return sum;
    }

    /// <summary>The same of the frozen dictionary.</summary>
    public int AskFrozen(int start, int count)
    {
        int sum = 0;
        foreach (ref readonly TKey key in _asked.AsSpan(start, count))
            sum += _frozen.TryGetValue(key, out int service) ? service : -1;
        return sum;
    }
}

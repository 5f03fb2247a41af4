using System.Numerics;
using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>
/// What a hook's rules say to packets of established connections that have no mark, worked out beforehand. Where they say the same to all, one answer; where they ask which
/// sets the packet's destination is in, as kube-proxy's do in IPVS mode, or for its interfaces, as those of network policy do, a tree of these questions with an answer at
/// each end. An answer is the rules that count a packet that is accepted.
/// </summary>
/// <remarks>
/// The answers for what was met before are kept in a table where each packet has one place, and hold until one of the sets changes. Nothing is allocated after construction.
/// </remarks>
internal sealed class SettledHook
{
    private const int FewestPlaces = 256, MostPlaces = 65536;

    private readonly SettledQuestion[] _questions;
    private readonly int[]?[] _answers;
    private readonly IpSet[] _sets;
    private readonly uint[] _seen;
    private readonly Known[] _known;
    private readonly int _shift;
    private readonly ulong _destination;
    private readonly uint _interfaces;

    // Of the sets as they are. A place that was never written is of none.
    private int _generation;
    private bool _isTimed;

    /// <summary>Takes a tree.</summary>
    /// <param name="questions">The questions, the first one first; none for one answer to all.</param>
    /// <param name="answers">The answers; null where the rules have to be walked.</param>
    public SettledHook(SettledQuestion[] questions, int[]?[] answers)
    {
        (_questions, _answers) = (questions, answers);
        HashSet<IpSet> sets = [];
        foreach (SettledQuestion question in questions)
            sets.UnionWith(question.Sets);
        _sets = new IpSet[sets.Count];
        sets.CopyTo(_sets);
        _seen = new uint[_sets.Length];
        _destination = Array.Exists(questions, question => question.AsksDestination) ? ulong.MaxValue : 0;
        _interfaces = Array.Exists(questions, question => question.AsksInterfaces) ? uint.MaxValue : 0;
        int places = FewestPlaces, answered = questions.Length;
        foreach (IpSet set in _sets)
            answered += set.Count;
        while (places < MostPlaces && places < 4 * answered)
            places *= 2;
        _known = questions.Length == 0 ? [] : new Known[places];
        _shift = 64 - BitOperations.Log2((uint)places);
        Look();
    }

    /// <summary>The answer to all packets; null when it depends on them.</summary>
    public int[]? RulesForAll => _questions.Length == 0 ? _answers[0] : null;

    /// <summary>The rules that count a packet; null when they have to be walked.</summary>
    public int[]? RulesFor(in SettledPacket packet)
    {
        if (_questions.Length == 0)
            return _answers[0];
        for (int i = 0; i < _sets.Length; i++)
        {
            if (_sets[i].Changes == _seen[i])
                continue;
            Look();
            break;
        }

        if (_isTimed)
            return null;
        ulong destination = packet.Destination & _destination;
        uint interfaces = packet.Interfaces & _interfaces;
        ref Known known = ref _known[((destination ^ ((ulong)interfaces << 8)) * 0x9e3779b97f4a7c15) >> _shift];
        if (known.Destination != destination || known.Interfaces != interfaces || known.Generation != _generation)
            known = new Known(destination, interfaces, _generation, Ask(packet));
        return _answers[known.Answer];
    }

    /// <summary>Takes note of the sets as they are: what was said before does not hold any more, and nothing does while entries leave with time.</summary>
    private void Look()
    {
        _generation++;
        _isTimed = false;
        for (int i = 0; i < _sets.Length; i++)
        {
            _seen[i] = _sets[i].Changes;
            _isTimed |= !_sets[i].IsTimeless;
        }
    }

    private int Ask(in SettledPacket packet)
    {
        int next = 0;
        while (next >= 0)
            next = _questions[next].Ask(packet);
        return ~next;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Known(ulong Destination, uint Interfaces, int Generation, int Answer);
}

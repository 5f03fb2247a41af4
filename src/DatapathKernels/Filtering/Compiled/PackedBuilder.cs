using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>Packs chains of one program, one behind the other. Jumps name the number of their chain in the program.</summary>
internal sealed unsafe class PackedBuilder<THead>(RuleProgram program, int firstNumber, Func<RuleMask, int> maskNumber)
    where THead : struct, IRuleHead
{
    /// <summary>Chains with fewer rules that test a head are walked: a few compares side by side cost less than a hash.</summary>
    public const int LeastHeads = 10;

    private const int CellsPerLine = 8;

    private readonly Stack<int> _toPlace = [];
    private ulong[] _cells = new ulong[Math.Max(program.RuleCount * 4, 64)];
    private int _count;

    /// <summary>The indexes of the long chains among them.</summary>
    public List<ChainIndexMemory<THead>> Indexes { get; } = [];

    /// <summary>The cells written so far.</summary>
    public ReadOnlySpan<ulong> Cells => _cells.AsSpan(0, _count);

    /// <summary>Where the block of each chain starts; -1 when it was not packed.</summary>
    public int[] Starts { get; } = Unplaced(program.Starts.Length);

    /// <summary>Where the end of each chain stands.</summary>
    public int[] Ends { get; } = new int[program.Starts.Length];

    /// <summary>Packs a chain, what it jumps to behind it, and so on, unless it is packed already.</summary>
    public void PlaceWithCallees(int root)
    {
        _toPlace.Push(root);
        while (_toPlace.TryPop(out int chain))
        {
            if (Starts[chain] >= 0)
                continue;
            Place(chain);
            // Pushed from the last to the first, so that the first callee comes next.
            for (int rule = program.Ends[chain] - 1; rule >= program.Starts[chain]; rule--)
            {
                if (program.Tails[rule].Action is RuleAction.Jump or RuleAction.Goto)
                    _toPlace.Push(program.ChainStartingAt((int)program.Tails[rule].Argument));
            }
        }
    }

    /// <summary>Packs one chain.</summary>
    public void Place(int chain)
    {
        int start = program.Starts[chain], end = program.Ends[chain];
        Reserve(1);
        int cells = _count++;
        if (ShouldIndex(start, end) || !TryPackAll(start, end))
        {
            _count = cells + 1;
            PackIndexed(start, end);
        }

        Ends[chain] = _count;
        Pack(end);
        _cells[Ends[chain]] = PackedOp.WithArgument(_cells[Ends[chain]], (uint)(firstNumber + end));
        Starts[chain] = AlignBlock(cells);
        Ends[chain] += Starts[chain] - cells;
        _cells[Starts[chain]] = (uint)(firstNumber + start);
    }

    // A block that fits a line stands in one line.
    private int AlignBlock(int start)
    {
        int length = _count - start, room = CellsPerLine - (start % CellsPerLine);
        if (length <= room || room == CellsPerLine || (length > CellsPerLine && room >= CellsPerLine / 2))
            return start;
        Reserve(room);
        _cells.AsSpan(start, length).CopyTo(_cells.AsSpan(start + room, length));
        _count += room;
        return start + room;
    }

    private bool ShouldIndex(int start, int end)
    {
        int heads = 0;
        for (int rule = start; rule < end && heads < LeastHeads; rule++)
            heads += THead.MaskOf(program.Heads, rule) == default ? 0 : 1;
        return heads >= LeastHeads;
    }

    private bool TryPackAll(int start, int end)
    {
        for (int rule = start; rule < end; rule++)
        {
            if (StartsSpread(start, rule, end, out int draws))
                PackSpread(draws);
            if (!Pack(rule))
                return false;
        }

        return true;
    }

    /// <summary>True for the first of several jumps that each take a draw and nothing else, before one that takes none.</summary>
    private bool StartsSpread(int start, int rule, int end, out int draws)
    {
        draws = 0;
        if (rule > start && IsDrawnJump(rule - 1))
            return false;
        while (rule + draws < end && IsDrawnJump(rule + draws))
            draws++;
        return draws is > 0 and <= PackedOp.MostSpread && IsPlainJump(rule + draws);
    }

    private bool IsDrawnJump(int rule) => IsHeadless(rule) && program.Tails[rule].Action == RuleAction.Jump && program.Tails[rule].ExtraCount == 1
        && program.Extras[program.Tails[rule].FirstExtra] is { Kind: ExtraKind.Random, Negated: false };

    private bool IsPlainJump(int rule) => IsHeadless(rule) && program.Tails[rule].Action == RuleAction.Jump && program.Tails[rule].ExtraCount == 0;

    private bool IsHeadless(int rule) => THead.MaskOf(program.Heads, rule) == default;

    private void PackSpread(int draws)
    {
        Reserve(1);
        _cells[_count++] = PackedOp.WithArgument(((ulong)PackedOp.Spread << PackedOp.ActionShift) | (1UL << PackedOp.LengthShift), (uint)draws);
    }

    private void PackIndexed(int start, int end)
    {
        bool othersAskForLocal = true;
        ChainIndexMemory<THead> index = new(program.Heads + ((nint)start * THead.Size), end - start, firstNumber + start);
        for (int rule = start; rule < end; rule++)
        {
            ref RuleTail tail = ref program.Tails[rule];
            ulong word = (ulong)tail.Action << PackedOp.ActionShift;
            if (tail.ExtraCount != 0)
                word |= (ulong)PackedOp.List << PackedOp.ExtrasShift;
            IndexedRule record = new() { Word = PackedOp.WithArgument(word, Argument(tail)), Tail = tail };
            AddPorts(ref record);
            othersAskForLocal &= THead.IsExact(THead.MaskOf(program.Heads, rule)) || AsksForLocalFirst(tail);
            *ChainIndex<THead>.RuleAt(index.Index, rule - start) = record;
        }

        index.Index->OthersAskForLocal = othersAskForLocal;
        Reserve(2);
        _cells[_count++] = ((ulong)PackedOp.Indexed << PackedOp.ActionShift) | (2UL << PackedOp.LengthShift);
        _cells[_count++] = (ulong)index.Index;
        Indexes.Add(index);
    }

    // Tests are asked in order, so a packet to elsewhere makes no draw and changes no list on the way.
    private bool AsksForLocalFirst(in RuleTail tail) => tail.ExtraCount != 0
        && program.Extras[tail.FirstExtra] is { Kind: ExtraKind.AddressType, A: (int)PacketSide.Destination, B: (uint)AddressTypes.Local, Negated: false };

    private void AddPorts(ref IndexedRule record)
    {
        (record.SourceSpan, record.DestinationSpan) = (ushort.MaxValue, ushort.MaxValue);
        for (int i = 0; i < record.Tail.ExtraCount; i++)
        {
            ExtraMatch extra = program.Extras[record.Tail.FirstExtra + i];
            if (extra.Kind is not (ExtraKind.SourcePort or ExtraKind.DestinationPort) || extra.Negated || extra.B > extra.C)
                return;
            if (extra.Kind == ExtraKind.SourcePort)
                (record.SourceLow, record.SourceSpan) = ((ushort)extra.B, (ushort)(extra.C - extra.B));
            else
                (record.DestinationLow, record.DestinationSpan) = ((ushort)extra.B, (ushort)(extra.C - extra.B));
        }
    }

    private uint Argument(in RuleTail tail) => tail.Action is RuleAction.Jump or RuleAction.Goto
        ? (uint)program.ChainStartingAt((int)tail.Argument)
        : 0;

    /// <summary>Appends one rule; false when there is no number left for its masks.</summary>
    private bool Pack(int rule)
    {
        Reserve(16);
        Span<ulong> cells = _cells.AsSpan(_count, 16);
        RuleMask mask = THead.MaskOf(program.Heads, rule);
        int number = maskNumber(mask);
        if (number < 0)
            return false;
        ulong word = (uint)number;
        int count = 1 + THead.Pack(mask, THead.ValueOf(program.Heads, rule), cells[1..], ref word);
        RuleTail tail = program.Tails[rule];
        int extras = PackExtras(tail, cells, ref count);
        NatBinding dnat = ShortDnatOf(tail);
        int action = dnat.Kind == NatKind.Dnat ? PackedOp.ShortDnat : (int)tail.Action;
        if (extras == PackedOp.List || !IsSelfContained(action))
            count += Write(cells[count..], tail);
        uint argument = Argument(tail);
        if (action == PackedOp.ShortDnat)
            count += PackDnat(dnat, cells[count..], ref argument);
        word |= ((ulong)extras << PackedOp.ExtrasShift) | ((ulong)action << PackedOp.ActionShift) | ((ulong)count << PackedOp.LengthShift);
        cells[0] = PackedOp.WithArgument(word, argument);
        _count += count;
        return true;
    }

    private int PackExtras(in RuleTail tail, Span<ulong> cells, ref int count)
    {
        if (tail.ExtraCount != 1)
            return tail.ExtraCount == 0 ? PackedOp.NoExtras : PackedOp.List;
        ExtraMatch extra = program.Extras[tail.FirstExtra];
        if (extra.Kind == ExtraKind.Random && !extra.Negated)
        {
            cells[count++] = extra.B;
            return PackedOp.Random;
        }

        if (extra.Kind == ExtraKind.State)
        {
            cells[count++] = 0;
            cells[count++] = (uint)extra.A | (extra.Negated ? PackedOp.NegatedStates : 0);
            return PackedOp.Test;
        }

        if (extra.Kind != ExtraKind.Address || !extra.Negated || program.Family != IpFamily.V4)
            return PackedOp.List;
        IpNetwork network = program.Networks[extra.B];
        HeadTests tests = default;
        if (extra.A == (int)PacketSide.Source)
            (tests.SourceMask, tests.Source) = (network.Mask, network.Address);
        else
            (tests.DestinationMask, tests.Destination) = (network.Mask, network.Address);
        byte* head = stackalloc byte[THead.Size];
        THead.Write(head, 0, tests);
        cells[count++] = THead.MaskOf(head, 0).Source0;
        cells[count++] = THead.ValueOf(head, 0).Source0;
        return PackedOp.Test;
    }

    /// <summary>The binding of a DNAT that leaves nothing to choose; none otherwise.</summary>
    private NatBinding ShortDnatOf(in RuleTail tail)
    {
        if (tail.Action != RuleAction.Nat)
            return default;
        ref readonly Translation translation = ref program.Translations[tail.Argument];
        NatBinding binding = translation.Binding;
        bool isFixed = binding.Kind == NatKind.Dnat && binding.HasAddress && translation.Address == TranslationAddress.Given && binding.Port == binding.HighPort;
        return isFixed ? binding : default;
    }

    private int PackDnat(in NatBinding binding, Span<ulong> cells, ref uint argument)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<NatBinding, ulong>(new ReadOnlySpan<NatBinding>(in binding));
        if (program.Family == IpFamily.V4)
        {
            argument = (uint)words[0];
            cells[0] = words[2];
            return 1;
        }

        words.CopyTo(cells);
        return 3;
    }

    private static bool IsSelfContained(int action) => action is PackedOp.ShortDnat
        or (int)RuleAction.Continue or (int)RuleAction.Accept or (int)RuleAction.Drop or (int)RuleAction.Return
        or (int)RuleAction.Jump or (int)RuleAction.Goto
        or (int)RuleAction.ChainEnd or (int)RuleAction.PolicyAccept or (int)RuleAction.PolicyDrop;

    private static int[] Unplaced(int chains)
    {
        int[] starts = new int[chains];
        Array.Fill(starts, -1);
        return starts;
    }

    private static int Write(Span<ulong> cells, in RuleTail tail)
    {
        MemoryMarshal.Cast<RuleTail, ulong>(new ReadOnlySpan<RuleTail>(in tail)).CopyTo(cells);
        return 2;
    }

    private void Reserve(int cells)
    {
        if (_count + cells + CellsPerLine > _cells.Length)
            Array.Resize(ref _cells, _cells.Length * 2);
    }
}

using DatapathKernels.Memory;

namespace DatapathKernels.Maps;

/// <summary>
/// The lists of Linux's BPF LRU (<c>kernel/bpf/bpf_lru_list.c</c>, 6.1): which entry goes when room is needed. Common form: one set of
/// active, inactive and free list for all CPUs, and before it each CPU's own free and pending list, so that the lock of the
/// common ones is taken once in 128 insertions. Per-CPU form: a set for each CPU.
/// </summary>
/// <remarks>
/// Nodes are numbers from 0; behind them stand the heads of the lists. New nodes go in at the head, old ones are looked for
/// from the tail.
/// </remarks>
internal sealed unsafe partial class BpfLruLists : IDisposable
{
    /// <summary>How many nodes one refill frees, and how many each of its scans looks at: common form.</summary>
    public const int CommonTarget = 128;

    /// <summary>The same for the per-CPU form.</summary>
    public const int PerCpuTarget = 4;

    public const int None = -1;

    private readonly NativeBuffer _memory;
    private readonly Func<int, bool> _evict;
    private readonly int _nodes, _cpus;
    private readonly int[] _active, _inactive, _nextRotation, _nextSteal;
    private readonly int _scans;

    /// <param name="nodes">Number of nodes; a multiple of <paramref name="cpus"/> in the per-CPU form.</param>
    /// <param name="cpus">Number of CPUs.</param>
    /// <param name="perCpu">The per-CPU form.</param>
    /// <param name="evict">Takes a node's key out of the map; false when it was not in it.</param>
    public BpfLruLists(int nodes, int cpus, bool perCpu, Func<int, bool> evict)
    {
        IsPerCpu = perCpu;
        _evict = evict;
        _nodes = nodes;
        _cpus = cpus;
        _scans = perCpu ? PerCpuTarget : CommonTarget;
        int sets = perCpu ? cpus : 1;
        _active = new int[sets];
        _inactive = new int[sets];
        _nextRotation = new int[sets];
        _nextSteal = new int[cpus];
        _memory = new NativeBuffer((nuint)(nodes + (sets * 3) + (cpus * 2)) * (nuint)sizeof(LruNode));
        for (int head = nodes; head < nodes + (sets * 3) + (cpus * 2); head++)
            Node(head).Previous = Node(head).Next = head;
        for (int set = 0; set < sets; set++)
            _nextRotation[set] = Head(set, LruListKind.Inactive);
        Populate();
    }

    /// <summary>True when each CPU has lists of its own.</summary>
    public bool IsPerCpu { get; }

    /// <summary>Bytes of native memory.</summary>
    public long MemoryBytes => (long)_memory.Length;

    /// <summary>A datapath lookup found the node.</summary>
    public void Touch(int node)
    {
        if (!Node(node).Referenced)
            Node(node).Referenced = true;
    }

    /// <summary>An update of a known key put this node in the old one's place: that counts as a use.</summary>
    public void SetReferenced(int node) => Node(node).Referenced = true;

    /// <summary>A node for a new entry, which may cost others theirs; <see cref="None"/> when there is none to be had.</summary>
    public int Pop(int cpu) => IsPerCpu ? PopPerCpu(cpu) : PopCommon(cpu);

    /// <summary>Gives a node back whose key is not in the map.</summary>
    public void Push(int node)
    {
        if (Node(node).Kind != LruListKind.LocalPending)
        {
            Move(IsPerCpu ? Node(node).Cpu : 0, node, LruListKind.Free);
            return;
        }

        Node(node).Kind = LruListKind.LocalFree;
        Node(node).Referenced = false;
        Relink(node, LocalHead(Node(node).Cpu, LruListKind.LocalFree));
    }

    public void Dispose() => _memory.Dispose();

    private void Populate()
    {
        int perSet = IsPerCpu ? _nodes / _cpus : _nodes;
        for (int node = 0; node < _nodes; node++)
        {
            int set = IsPerCpu ? node / perSet : 0;
            Node(node).Kind = LruListKind.Free;
            Node(node).Cpu = (ushort)set;
            Link(node, Head(set, LruListKind.Free));
        }
    }

    private int PopPerCpu(int cpu)
    {
        Rotate(cpu);
        int free = Head(cpu, LruListKind.Free);
        if (IsEmpty(free))
            Shrink(cpu, PerCpuTarget, free, LruListKind.Free);
        if (IsEmpty(free))
            return None;
        int node = Node(free).Next;
        Move(cpu, node, LruListKind.Inactive);
        return node;
    }

    private int PopCommon(int cpu)
    {
        int node = PopLocalFree(cpu);
        if (node == None)
        {
            Refill(cpu);
            node = PopLocalFree(cpu);
        }

        if (node == None)
            node = Steal(cpu);
        if (node != None)
            AddPending(cpu, node);
        return node;
    }

    /// <summary>From the common lists to the CPU's free list: what is free, and what has to go to make it 128.</summary>
    private void Refill(int cpu)
    {
        Flush(cpu);
        Rotate(0);
        int to = LocalHead(cpu, LruListKind.LocalFree), free = Head(0, LruListKind.Free), taken = 0;
        while (taken < CommonTarget && !IsEmpty(free))
        {
            MoveOut(0, Node(free).Next, to, LruListKind.LocalFree);
            taken++;
        }

        if (taken < CommonTarget)
            Shrink(0, CommonTarget - taken, to, LruListKind.LocalFree);
    }

    /// <summary>Nothing is left but what stands on the CPUs' own lists: one of those, the CPUs in turn.</summary>
    private int Steal(int cpu)
    {
        int first = _nextSteal[cpu], from = first, node;
        do
        {
            node = PopLocalFree(from);
            if (node == None)
                node = PopPending(from);
            from = from + 1 == _cpus ? 0 : from + 1;
        }
        while (node == None && from != first);
        _nextSteal[cpu] = from;
        return node;
    }

    private int PopLocalFree(int cpu)
    {
        int head = LocalHead(cpu, LruListKind.LocalFree);
        if (IsEmpty(head))
            return None;
        int node = Node(head).Next;
        Unlink(node);
        return node;
    }

    private int PopPending(int cpu)
    {
        int head = LocalHead(cpu, LruListKind.LocalPending);
        for (int force = 0; force < 2; force++)
        {
            for (int node = Node(head).Previous; node != head; node = Node(node).Previous)
            {
                if ((force == 0 && Node(node).Referenced) || !_evict(node))
                    continue;
                Unlink(node);
                return node;
            }
        }

        return None;
    }

    private void AddPending(int cpu, int node)
    {
        ref LruNode added = ref Node(node);
        (added.Cpu, added.Kind, added.Referenced) = ((ushort)cpu, LruListKind.LocalPending, false);
        Link(node, LocalHead(cpu, LruListKind.LocalPending));
    }
}

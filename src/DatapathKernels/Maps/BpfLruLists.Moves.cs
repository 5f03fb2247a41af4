using System.Runtime.CompilerServices;

namespace DatapathKernels.Maps;

/// <content>Moves between lists, scans, and the links themselves.</content>
internal sealed unsafe partial class BpfLruLists
{
    /// <summary>The CPU's pending nodes join the common lists: used ones the active list, the others the inactive one.</summary>
    private void Flush(int cpu)
    {
        int head = LocalHead(cpu, LruListKind.LocalPending);
        for (int node = Node(head).Previous, older; node != head; node = older)
        {
            older = Node(node).Previous;
            LruListKind kind = Node(node).Referenced ? LruListKind.Active : LruListKind.Inactive;
            Count(0, kind)++;
            Node(node).Kind = kind;
            Node(node).Referenced = false;
            Relink(node, Head(0, kind));
        }
    }

    private void Rotate(int set)
    {
        if (_inactive[set] < _active[set])
            RotateActive(set);
        RotateInactive(set);
    }

    /// <summary>The tail of the active list: used nodes go to its head again, the others become inactive.</summary>
    private void RotateActive(int set)
    {
        int head = Head(set, LruListKind.Active), first = Node(head).Next, scanned = 0;
        for (int node = Node(head).Previous, older; node != head; node = older)
        {
            older = Node(node).Previous;
            Move(set, node, Node(node).Referenced ? LruListKind.Active : LruListKind.Inactive);
            if (++scanned == _scans || node == first)
                break;
        }
    }

    /// <summary>A stretch of the inactive list, each time from where the last one ended: used nodes become active.</summary>
    private void RotateInactive(int set)
    {
        int head = Head(set, LruListKind.Inactive);
        if (IsEmpty(head))
            return;
        int last = Node(_nextRotation[set]).Next;
        if (last == head)
            last = Node(last).Next;
        int current = _nextRotation[set], next = current;
        for (int scanned = 0; scanned < _scans;)
        {
            if (current == head)
            {
                current = Node(current).Previous;
                continue;
            }

            next = Node(current).Previous;
            if (Node(current).Referenced)
                Move(set, current, LruListKind.Active);
            if (current == last)
                break;
            current = next;
            scanned++;
        }

        _nextRotation[set] = next;
    }

    /// <summary>Frees nodes from the inactive tail; if every one looked at was used, one goes all the same.</summary>
    private void Shrink(int set, int target, int to, LruListKind kind)
    {
        if (ShrinkInactive(set, target, to, kind) > 0)
            return;
        int head = Head(set, LruListKind.Inactive);
        if (IsEmpty(head))
            head = Head(set, LruListKind.Active);
        for (int node = Node(head).Previous; node != head; node = Node(node).Previous)
        {
            if (!_evict(node))
                continue;
            MoveOut(set, node, to, kind);
            return;
        }
    }

    private int ShrinkInactive(int set, int target, int to, LruListKind kind)
    {
        int head = Head(set, LruListKind.Inactive), freed = 0, scanned = 0;
        for (int node = Node(head).Previous, older; node != head; node = older)
        {
            older = Node(node).Previous;
            if (Node(node).Referenced)
            {
                Move(set, node, LruListKind.Active);
            }
            else if (_evict(node))
            {
                MoveOut(set, node, to, kind);
                if (++freed == target)
                    break;
            }

            if (++scanned == _scans)
                break;
        }

        return freed;
    }

    /// <summary>To the head of another list of the same set; the node has to earn its reference bit again.</summary>
    private void Move(int set, int node, LruListKind kind)
    {
        if (Node(node).Kind != kind)
        {
            Leave(set, Node(node).Kind);
            if (kind != LruListKind.Free)
                Count(set, kind)++;
            Node(node).Kind = kind;
        }

        Node(node).Referenced = false;
        StepRotationPast(set, node);
        Relink(node, Head(set, kind));
    }

    /// <summary>To a free list.</summary>
    private void MoveOut(int set, int node, int to, LruListKind kind)
    {
        StepRotationPast(set, node);
        Leave(set, Node(node).Kind);
        Node(node).Kind = kind;
        Relink(node, to);
    }

    private void StepRotationPast(int set, int node)
    {
        if (_nextRotation[set] == node)
            _nextRotation[set] = Node(node).Previous;
    }

    private void Leave(int set, LruListKind kind)
    {
        if (kind is LruListKind.Active or LruListKind.Inactive)
            Count(set, kind)--;
    }

    private ref int Count(int set, LruListKind kind) => ref (kind == LruListKind.Active ? _active : _inactive)[set];

    private int Head(int set, LruListKind kind) => _nodes + (set * 3) + (int)kind;

    private int LocalHead(int cpu, LruListKind kind) => _nodes + (_active.Length * 3) + (cpu * 2) + (kind - LruListKind.LocalFree);

    private bool IsEmpty(int head) => Node(head).Next == head;

    private void Relink(int node, int head)
    {
        Unlink(node);
        Link(node, head);
    }

    private void Link(int node, int head)
    {
        int first = Node(head).Next;
        Node(node).Previous = head;
        Node(node).Next = first;
        Node(first).Previous = node;
        Node(head).Next = node;
    }

    private void Unlink(int node)
    {
        int previous = Node(node).Previous, next = Node(node).Next;
        Node(previous).Next = next;
        Node(next).Previous = previous;
    }

    // SAFE: numbers come from the lists alone, which hold nodes and heads of this buffer
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref LruNode Node(int node) => ref ((LruNode*)_memory.Pointer)[node];
}

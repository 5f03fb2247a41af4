namespace DatapathKernels.Maps;

/// <content>Changes. All of them run in the one writer's thread.</content>
internal sealed unsafe partial class PrefixTree
{
    /// <summary>A run of entries: of the root, or of a group.</summary>
    private readonly ref struct Node(uint* entries, byte* depths, int firstBit, int bits)
    {
        public readonly uint* Entries = entries;
        public readonly byte* Depths = depths;

        /// <summary>The bits of an address above the node.</summary>
        public readonly int FirstBit = firstBit;

        /// <summary>The bits of an address that index it.</summary>
        public readonly int Bits = bits;

        public int End => FirstBit + Bits;

        public int IndexOf(UInt128 address) => (int)((uint)(address >> (128 - End)) & ((1u << Bits) - 1));
    }

    /// <summary>Groups that inserting a prefix that is not there would take.</summary>
    public int GroupsNeeded(RoutePrefix prefix)
    {
        Node node = RootNode;
        while (prefix.Length > node.End)
        {
            uint entry = node.Entries[node.IndexOf(prefix.Bits)];
            if (IsBucket(entry))
                return GroupsToPart(Buckets + BucketOf(entry), node.End, prefix);
            if (!IsGroup(entry))
                return HasBuckets ? 0 : (prefix.Length - node.End + 7) / 8;
            node = Child(node, entry);
        }

        return 0;
    }

    /// <summary>Groups left.</summary>
    public int GroupsLeft => _freeCount;

    /// <summary>Writes a route, new or with another next hop. There must be as many groups as <see cref="GroupsNeeded"/>.</summary>
    public void Insert(RoutePrefix prefix, uint nextHop) => Insert(RootNode, prefix, RouteTo(nextHop));

    private void Insert(Node node, RoutePrefix prefix, uint route)
    {
        while (prefix.Length > node.End)
        {
            int index = node.IndexOf(prefix.Bits);
            if (!IsGroup(node.Entries[index]))
            {
                if (HasBuckets && TryInsertIntoBucket(ref node.Entries[index], prefix, route))
                    return;
                MakeGroup(node, index);
            }

            node = Child(node, node.Entries[index]);
        }

        byte depth = (byte)(prefix.Length + 1);
        Fill(node, node.IndexOf(prefix.Bits), 1 << (node.End - prefix.Length), new(route, depth, 0, depth));
    }

    /// <summary>Takes a route out; the longest one that covers it takes its place.</summary>
    /// <param name="prefix">The route.</param>
    /// <param name="cover">The entry of the covering route, 0 for none.</param>
    /// <param name="coverLength">Its length, -1 for none.</param>
    public void Delete(RoutePrefix prefix, uint cover, int coverLength) =>
        Delete(RootNode, prefix, new(cover, (byte)(coverLength + 1), (byte)(prefix.Length + 1), (byte)(prefix.Length + 1)));

    /// <summary>What to write, and over entries of which depths.</summary>
    private readonly record struct Change(uint Entry, byte Depth, byte Least, byte Most);

    private Node RootNode => new(Root, _rootDepths.Pointer, 0, RootBits);

    private Node Child(Node parent, uint entry)
    {
        nuint first = FirstOf(entry);
        return new(Groups + first, _groupDepths.Pointer + first, parent.End, 8);
    }

    private void Delete(Node node, RoutePrefix prefix, Change change)
    {
        int index = node.IndexOf(prefix.Bits);
        if (prefix.Length <= node.End)
        {
            Fill(node, index, 1 << (node.End - prefix.Length), change);
            return;
        }

        uint entry = node.Entries[index];
        if (IsBucket(entry))
        {
            RemoveFromBucket(ref node.Entries[index], prefix);
            return;
        }

        Node child = Child(node, entry);
        Delete(child, prefix, change);
        Collapse(node, index, child, entry);
    }

    /// <summary>Writes a range of entries, down into their groups and for those of no route in their buckets, where nothing longer stands.</summary>
    private void Fill(Node node, int first, int count, Change change)
    {
        for (int i = first; i < first + count; i++)
        {
            uint entry = node.Entries[i];
            if (IsGroup(entry))
            {
                Fill(Child(node, entry), 0, GroupSize, change);
            }
            else if (node.Depths[i] >= change.Least && node.Depths[i] <= change.Most)
            {
                node.Depths[i] = change.Depth;
                Volatile.Write(ref IsBucket(entry) ? ref Buckets[BucketOf(entry)].Entries[RouteBucket.Routes] : ref node.Entries[i], change.Entry);
            }
        }
    }

    /// <summary>
    /// Gives a group back when its parent's entry can say the same: no route in it is longer than the parent's bits, or those that are
    /// stand in one bucket.
    /// </summary>
    private void Collapse(Node node, int index, Node child, uint entry)
    {
        int bucket = -1;
        for (int i = 0; i < GroupSize; i++)
        {
            if (IsGroup(child.Entries[i]) || child.Depths[i] > node.End + 1 || (IsBucket(child.Entries[i]) && bucket >= 0))
                return;
            if (IsBucket(child.Entries[i]))
                bucket = i;
        }

        node.Depths[index] = child.Depths[0];
        Volatile.Write(ref node.Entries[index], child.Entries[Math.Max(bucket, 0)]);
        Free[_freeCount++] = (int)(entry & ~HasGroup);
    }

    /// <summary>A group whose entries all say what the entry above them said.</summary>
    private uint TakeGroup(uint entry, byte depth)
    {
        Interlocked.Increment(ref _version);
        uint group = (uint)Free[--_freeCount];
        nuint first = (nuint)group * GroupSize;
        new Span<uint>(Groups + first, GroupSize).Fill(entry);
        new Span<byte>(_groupDepths.Pointer + first, GroupSize).Fill(depth);
        return group;
    }
}

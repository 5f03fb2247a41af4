namespace DatapathKernels.Datapaths;

/// <summary>What a step's cost grows with.</summary>
public enum CostClass : byte
{
    /// <summary>Nothing: the headers are looked at or written.</summary>
    Constant,

    /// <summary>Nothing but the memory: a hash table or a trie is asked.</summary>
    Lookup,

    /// <summary>The rules that are walked.</summary>
    Linear,

    /// <summary>The packet's bytes: they are copied or summed.</summary>
    Bytes,
}

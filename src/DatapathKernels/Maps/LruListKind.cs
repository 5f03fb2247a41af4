namespace DatapathKernels.Maps;

/// <summary>The lists a node can be on, <c>enum bpf_lru_list_type</c> and the two local ones.</summary>
internal enum LruListKind : byte
{
    Active,
    Inactive,
    Free,
    LocalFree,
    LocalPending,
}

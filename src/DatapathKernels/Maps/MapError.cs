namespace DatapathKernels.Maps;

/// <summary>What a map answers. The values are Linux's errno numbers, which a BPF map returns negated.</summary>
public enum MapError : byte
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>ENOENT: no such key, or no further one.</summary>
    NotFound = 2,

    /// <summary>E2BIG: the key is new and the map holds as many entries as its capacity.</summary>
    TooBig = 7,

    /// <summary>ENOMEM: no entry could be had.</summary>
    NoMemory = 12,

    /// <summary>EBUSY: another operation on the same place is under way.</summary>
    Busy = 16,

    /// <summary>EEXIST: the key is there already.</summary>
    Exists = 17,

    /// <summary>EINVAL: a flag or an argument the operation does not know.</summary>
    Invalid = 22,

    /// <summary>ENOSPC: the caller's buffer holds less than the least that can be returned.</summary>
    NoSpace = 28,
}

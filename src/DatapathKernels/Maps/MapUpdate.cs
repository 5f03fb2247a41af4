namespace DatapathKernels.Maps;

/// <summary>
/// When an update may be done. The values are BPF's flags; every other value is <see cref="MapError.Invalid"/>, checked
/// before the key is looked up (BPF_F_LOCK, 4, among them: values have no spin lock).
/// </summary>
public enum MapUpdate : ulong
{
    /// <summary>BPF_ANY: always.</summary>
    Any = 0,

    /// <summary>BPF_NOEXIST: only when the key is new, else <see cref="MapError.Exists"/>.</summary>
    NoExist = 1,

    /// <summary>BPF_EXIST: only when the key is there, else <see cref="MapError.NotFound"/>.</summary>
    Exist = 2,
}

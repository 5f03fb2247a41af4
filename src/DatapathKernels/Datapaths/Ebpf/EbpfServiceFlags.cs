namespace DatapathKernels.Datapaths;

/// <summary>What the service map says of a frontend beside its backends.</summary>
[Flags]
internal enum EbpfServiceFlags : byte
{
    None = 0,

    /// <summary>A frontend; an entry without it is none.</summary>
    Exists = 1,

    /// <summary>Not for packets from outside the node.</summary>
    ClusterIP = 2,

    /// <summary>Clients may be outside the cluster: a connection to a backend elsewhere needs the node's name.</summary>
    External = 4,

    /// <summary>There are source ranges to ask.</summary>
    HasRanges = 8,

    /// <summary>A backend is not just drawn: the frontend says how (affinity, Maglev, other backends for clients inside).</summary>
    Chooses = 16,
}

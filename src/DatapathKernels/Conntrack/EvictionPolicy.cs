namespace DatapathKernels.Conntrack;

/// <summary>Who has to go when a <see cref="ConntrackTable"/> is full and a new connection comes.</summary>
public enum EvictionPolicy : byte
{
    /// <summary>
    /// <c>early_drop</c>: of eight neighbouring chains from the new one's on, all of the first that has connections which are not assured. If all are, the
    /// new one is dropped; then, for one round and while 95 of every whole hundred places are taken, the collector (see <see cref="ConntrackTable.Collect"/>) ends connections that are not
    /// assured, and assured ones that are closing (TCP: FIN_WAIT to CLOSE; SCTP: SHUTDOWN), as the kernel's garbage collector does. Without a limit nobody has to go.
    /// </summary>
    Linux,

    /// <summary>Nobody: the new one is dropped.</summary>
    DropNew,

    /// <summary>
    /// The project's own: one connection in every case, the least useful of two drawn at random and of the up to sixteen least useful that were drawn before: over, then unanswered (the
    /// one with the least time left first), then closing, then not assured. While only assured ones are there, up to 128 are drawn. A new connection
    /// always gets in; where a share s of the table is not assured, an assured connection goes with probability (1 - s)^128: one in a million at a
    /// tenth.
    /// </summary>
    LeastUseful,

    /// <summary>
    /// Cilium's: the one that was not used for longest, whatever it is, and Cilium's few lifetimes in place of the kernel's states (see
    /// <see cref="CiliumTracker"/>). Which one that is, is guessed from four drawn at random and the up to sixteen oldest that were drawn before (Cilium's BPF map guesses with lists of its own): a connection that is over when
    /// there is one. A new connection always gets in; a flood pushes out what is quiet.
    /// </summary>
    Lru,
}

namespace DatapathKernels.Conntrack;

/// <summary>What <see cref="NatPortSearch"/> asks of the connections there are.</summary>
public interface INatPorts
{
    /// <summary>True when no connection has the answers' tuple that this port (host order) would lead to.</summary>
    bool IsFree(ushort port);

    /// <summary>16 random bits.</summary>
    ushort Random();
}

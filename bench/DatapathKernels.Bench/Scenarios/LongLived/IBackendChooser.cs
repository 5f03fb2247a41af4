namespace DatapathKernels.Bench.Scenarios.LongLived;

/// <summary>Chooses the backend of each new connection, as one node's service proxy does.</summary>
internal interface IBackendChooser : IDisposable
{
    /// <summary>Sets how many backends there are; those that were there stay, and keep their connections.</summary>
    void Grow(int backends);

    /// <summary>The backend of a new connection, from 0.</summary>
    /// <param name="client">The client's address, host order.</param>
    /// <param name="port">Its port.</param>
    int Choose(uint client, ushort port);

    /// <summary>A connection to a backend was opened.</summary>
    void Opened(int backend);

    /// <summary>A connection to a backend was closed.</summary>
    void Closed(int backend);
}

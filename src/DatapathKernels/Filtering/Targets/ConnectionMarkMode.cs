namespace DatapathKernels.Filtering;

/// <summary>Which way CONNMARK copies.</summary>
public enum ConnectionMarkMode : byte
{
    /// <summary>A value to the connection: <c>--set-xmark</c> and its like.</summary>
    Set,

    /// <summary>The packet's mark to the connection: <c>--save-mark</c>.</summary>
    Save,

    /// <summary>The connection's mark to the packet: <c>--restore-mark</c>.</summary>
    Restore,
}

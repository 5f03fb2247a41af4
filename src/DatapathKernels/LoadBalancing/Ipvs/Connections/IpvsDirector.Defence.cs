using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>The defences against floods: <c>drop_entry</c> and <c>drop_packet</c>.</content>
public sealed partial class IpvsDirector
{
    private const int IdleBeforeDropMs = 60_000, MostPackets = 8;

    private readonly sbyte[] _dropCounters = new sbyte[MostPackets + 1];
    private readonly List<int> _sample = [];
    private int _dropRate, _dropCounter;

    /// <summary>
    /// <c>drop_packet</c>: of so many packets that would open a connection one is dropped; 0 for none.
    /// </summary>
    public int DropRate
    {
        get => _dropRate;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _dropRate = _dropCounter = value;
        }
    }

    /// <summary>
    /// <c>drop_entry</c>, to be called once a second under attack: looks at about one connection in 32, chosen at random. Half-open ones go, and templates
    /// that have no connection and were never answered; others go when they had no packet for a minute and only a few in all: one in n of those with n packets, up to 8.
    /// </summary>
    /// <returns>How many went.</returns>
    public int DropEntries(long nowMs)
    {
        _sample.Clear();
        _index.Sample(ref _random, _sample);
        int dropped = 0;
        foreach (int id in _sample)
        {
            ref IpvsConnection connection = ref _store[id];
            if (!connection.Has(IpvsConnectionFlags.Live) || connection.Controlled > 0 || !MayDrop(connection, nowMs))
                continue;
            int template = connection.Template;
            Drop(id);
            dropped++;

            // A template that decided nothing but this goes too, unless it was answered once.
            if (template != IpvsConnection.None && _store[template].Controlled == 0 && !_store[template].Has(IpvsConnectionFlags.Assured))
                Drop(template);
        }

        return dropped;
    }

    private bool MayDrop(in IpvsConnection connection, long nowMs)
    {
        if (connection.Has(IpvsConnectionFlags.Template))
            return IsOnePacket(connection) ? Draw(connection, nowMs) : !connection.Has(IpvsConnectionFlags.Assured);
        if (connection.Protocol == IpProtocol.Tcp)
            return connection.State is IpvsTcpState.SynReceived or IpvsTcpState.SynAck || (connection.State == IpvsTcpState.Established && Draw(connection, nowMs));
        if (connection.Protocol == IpProtocol.Sctp)
            return connection.SctpState is IpvsSctpState.Init1 or IpvsSctpState.Init || (connection.SctpState == IpvsSctpState.Established && Draw(connection, nowMs));
        return Draw(connection, nowMs);
    }

    private bool IsOnePacket(in IpvsConnection template) => _services[template.Service] is { IsOnePacket: true };

    /// <summary><c>todrop_entry</c>.</summary>
    private bool Draw(in IpvsConnection connection, long nowMs)
    {
        long lastPacket = connection.ExpiresMs - connection.TimeoutMs;
        int packets = connection.InPackets;
        if (nowMs - lastPacket < IdleBeforeDropMs || packets is < 1 or > MostPackets || --_dropCounters[packets] > 0)
            return false;
        _dropCounters[packets] = (sbyte)packets;
        return true;
    }

    private bool DropsPacket()
    {
        if (_dropRate == 0 || --_dropCounter > 0)
            return false;
        _dropCounter = _dropRate;
        return true;
    }
}

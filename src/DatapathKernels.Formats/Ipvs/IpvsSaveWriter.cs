using System.Globalization;
using System.Net;
using DatapathKernels.Filtering;
using DatapathKernels.LoadBalancing;

namespace DatapathKernels.Formats.Ipvs;

/// <summary>Writes services as <c>ipvsadm -S -n</c> does; <see cref="IpvsSaveParser"/> reads back the same table.</summary>
/// <remarks>
/// Two things ipvsadm does not do: services and servers stand in the order they were added, so that a restore makes the same
/// lists (round robin goes by them), and thresholds are written.
/// </remarks>
public static class IpvsSaveWriter
{
    /// <summary>Writes the table, lines ended by <c>\n</c>.</summary>
    /// <param name="table">The services.</param>
    /// <param name="writer">Where to.</param>
    /// <param name="sorted">
    /// True for ipvsadm's order: services by mark, family, protocol, address and port, servers by address and port.
    /// </param>
    public static void Write(IpvsTable table, TextWriter writer, bool sorted = false)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(writer);
        IEnumerable<IpvsServiceEntry> services = sorted
            ? table.Services.OrderBy(s => s.Id.Mark).ThenBy(s => s.Id.IsV6).ThenBy(s => s.Id.Protocol).ThenBy(s => IpNetwork.ToNumber(s.Id.Address)).ThenBy(s => s.Id.Port)
            : table.Services;
        foreach (IpvsServiceEntry service in services)
            WriteService(service, writer, sorted);
    }

    /// <summary>The text as a string.</summary>
    public static string Write(IpvsTable table, bool sorted = false)
    {
        using StringWriter writer = new(CultureInfo.InvariantCulture);
        Write(table, writer, sorted);
        return writer.ToString();
    }

    private static void WriteService(IpvsServiceEntry service, TextWriter writer, bool sorted)
    {
        string name = service.Id.ToString();
        writer.Write($"-A {name} -s {IpvsNames.Of(service.Scheduler)}{Persistence(service)}{(service.IsOnePacket ? " -o" : "")}");
        writer.Write(service.Flags == SchedulerFlags.None ? "\n" : $" -b {IpvsNames.Of(service.Flags, service.Scheduler)}\n");
        IEnumerable<RealServer> servers = sorted
            ? service.Servers.OrderBy(s => s.Address.AddressFamily).ThenBy(s => IpNetwork.ToNumber(s.Address)).ThenBy(s => s.Port)
            : service.Servers;
        foreach (RealServer server in servers)
            WriteServer(name, server, writer);
    }

    private static void WriteServer(string service, RealServer server, TextWriter writer)
    {
        writer.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"-a {service} -r {new IPEndPoint(server.Address, server.Port)} {IpvsNames.Option(server.Forwarding)} -w {server.Weight}"));
        if (server.UpperThreshold != 0)
            writer.Write(string.Create(CultureInfo.InvariantCulture, $" -x {server.UpperThreshold}"));
        if (server.LowerThreshold != 0)
            writer.Write(string.Create(CultureInfo.InvariantCulture, $" -y {server.LowerThreshold}"));
        writer.Write('\n');
    }

    /// <summary>ipvsadm prints the mask of a persistent service only, and not that of all bits.</summary>
    private static string Persistence(IpvsServiceEntry service)
    {
        if (service.PersistenceSeconds == 0)
            return "";
        int prefix = service.PersistencePrefix;
        string mask = service.Id.IsV6
            ? prefix == 128 ? "" : string.Create(CultureInfo.InvariantCulture, $" -M {prefix}")
            : prefix == 32 ? "" : $" -M {IpNetwork.Format(IpFamily.V4, IpNetwork.MaskOf(IpFamily.V4, prefix))}";
        return string.Create(CultureInfo.InvariantCulture, $" -p {service.PersistenceSeconds}{mask}");
    }
}

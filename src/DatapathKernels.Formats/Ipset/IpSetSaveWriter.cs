using System.Globalization;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Ipset;

/// <summary>Writes sets as <c>ipset save</c> would; <see cref="IpSetSaveParser"/> reads them back.</summary>
public static class IpSetSaveWriter
{
    /// <summary>The text. Entries whose time is over are left out; those of one set come in the order of their addresses.</summary>
    /// <param name="sets">The sets.</param>
    /// <param name="nowMs">The time on the clock of <see cref="PacketMeta.NowMs"/>; remaining seconds are rounded up.</param>
    public static string Write(IpSetCollection sets, long nowMs)
    {
        ArgumentNullException.ThrowIfNull(sets);
        using StringWriter writer = new(CultureInfo.InvariantCulture);

        // Lists last: their members must be there when they are added.
        foreach (IpSet set in sets.Sets.OrderBy(set => set.Kind == IpSetKind.ListSet))
            Write(set, nowMs, writer);
        return writer.ToString();
    }

    private static void Write(IpSet set, long nowMs, StringWriter writer)
    {
        writer.Write($"create {set.Name} {IpSetNames.Of(set.Kind)}{Options(set)}\n");
        foreach (IpSet member in set.Members)
            writer.Write($"add {set.Name} {member.Name}\n");
        IEnumerable<IpSetElement> elements = set.Elements.Where(element => element.ExpiresMs >= nowMs)
            .OrderBy(element => element.Entry.Address).ThenBy(element => element.Entry.PrefixLength)
            .ThenBy(element => element.Entry.Protocol).ThenBy(element => element.Entry.Port).ThenBy(element => element.Entry.Address2);
        foreach (IpSetElement element in elements)
        {
            writer.Write($"add {set.Name} {Entry(set, element.Entry)}");
            if (set.Options.TimeoutSeconds is not null)
                writer.Write($" timeout {(element.ExpiresMs == long.MaxValue ? 0 : Math.Max(1, (element.ExpiresMs - nowMs + 999) / 1000))}");
            writer.Write(element.NoMatch ? " nomatch\n" : "\n");
        }
    }

    private static string Options(IpSet set)
    {
        IpSetOptions options = set.Options;
        string text = set.Kind switch
        {
            IpSetKind.ListSet => $" size {options.MaxElements}",
            IpSetKind.BitmapPort => $" range {options.First}-{options.Last}",
            IpSetKind.BitmapIp => $" range {new IpAddressRange(IpFamily.V4, options.First, options.Last)}",
            _ => $" family {(set.Family == IpFamily.V4 ? "inet" : "inet6")} maxelem {options.MaxElements}",
        };
        return text + (options.NetMask is { } bits ? $" netmask {bits}" : "") + (options.TimeoutSeconds is { } seconds ? $" timeout {seconds}" : "");
    }

    /// <summary>An entry as <c>ipset add</c> takes it.</summary>
    internal static string Entry(IpSet set, IpSetEntry entry)
    {
        string address = IpNetwork.Format(set.Family, entry.Address), port = $"{Names.Of(entry.Protocol)}:{Port(entry)}";
        return set.Kind switch
        {
            IpSetKind.BitmapPort => entry.Port.ToString(CultureInfo.InvariantCulture),
            IpSetKind.HashNet => Network(set, entry.Address, entry.PrefixLength),
            IpSetKind.HashNetPort => $"{Network(set, entry.Address, entry.PrefixLength)},{port}",
            IpSetKind.HashIpPort => $"{address},{port}",
            IpSetKind.HashIpPortIp => $"{address},{port},{IpNetwork.Format(set.Family, entry.Address2)}",
            IpSetKind.HashIpPortNet => $"{address},{port},{Network(set, entry.Address2, entry.PrefixLength2)}",
            _ => address,
        };
    }

    private static string Port(IpSetEntry entry) => entry.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6
        ? $"{entry.Port >> 8}/{entry.Port & 255}"
        : entry.Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>A single address stands without its prefix length.</summary>
    private static string Network(IpSet set, UInt128 address, byte prefixLength) =>
        IpNetwork.Format(set.Family, address) + (prefixLength == IpNetwork.Bits(set.Family) ? "" : $"/{prefixLength}");
}

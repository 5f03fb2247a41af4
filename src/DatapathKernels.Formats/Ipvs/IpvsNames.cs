using DatapathKernels.Formats.Iptables;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Ipvs;

/// <summary>The words of ipvsadm for protocols, schedulers, their flags and forwarding.</summary>
internal static class IpvsNames
{
    // IP_VS_SVC_F_SCHED3: ipvsadm sets it, no scheduler reads it.
    private const SchedulerFlags Third = (SchedulerFlags)0x20;

    private static readonly (string Name, SchedulerKind Value)[] Schedulers =
    [
        ("rr", SchedulerKind.RoundRobin), ("wrr", SchedulerKind.WeightedRoundRobin), ("lc", SchedulerKind.LeastConnections),
        ("wlc", SchedulerKind.WeightedLeastConnections), ("sh", SchedulerKind.SourceHash), ("dh", SchedulerKind.DestinationHash),
        ("mh", SchedulerKind.MaglevHash), ("sed", SchedulerKind.ShortestExpectedDelay), ("nq", SchedulerKind.NeverQueue),
        ("fo", SchedulerKind.WeightedFailover), ("ovf", SchedulerKind.WeightedOverflow), ("twos", SchedulerKind.PowerOfTwoChoices),
    ];

    /// <summary>The schedulers by name, for messages.</summary>
    public static string AllSchedulers => string.Join(", ", Schedulers.Select(scheduler => scheduler.Name));

    public static bool TryScheduler(string name, out SchedulerKind scheduler) => Names.TryFind(Schedulers, name, out scheduler);

    public static string Of(SchedulerKind scheduler) => Names.Of(Schedulers, scheduler);

    public static string Option(IpProtocol protocol) => protocol switch
    {
        IpProtocol.Tcp => "-t",
        IpProtocol.Udp => "-u",
        _ => "--sctp-service",
    };

    public static string Option(ForwardingMode forwarding) => forwarding switch
    {
        ForwardingMode.Nat => "-m",
        ForwardingMode.DirectRouting => "-g",
        _ => "-i",
    };

    /// <summary>Flags with commas between them. Each has a name for <c>sh</c>, one for <c>mh</c> and one for the others; ipvsadm takes any of the three.</summary>
    public static bool TryFlags(string text, out SchedulerFlags flags)
    {
        flags = SchedulerFlags.None;
        foreach (string name in text.Split(','))
        {
            SchedulerFlags flag = name switch
            {
                "sh-fallback" or "mh-fallback" or "flag-1" => SchedulerFlags.Fallback,
                "sh-port" or "mh-port" or "flag-2" => SchedulerFlags.Port,
                "flag-3" => Third,
                _ => SchedulerFlags.None,
            };
            if (flag == SchedulerFlags.None)
                return false;
            flags |= flag;
        }

        return true;
    }

    public static string Of(SchedulerFlags flags, SchedulerKind scheduler)
    {
        (string fallback, string port) = scheduler switch
        {
            SchedulerKind.SourceHash => ("sh-fallback", "sh-port"),
            SchedulerKind.MaglevHash => ("mh-fallback", "mh-port"),
            _ => ("flag-1", "flag-2"),
        };
        List<string> names = [];
        if ((flags & SchedulerFlags.Fallback) != 0)
            names.Add(fallback);
        if ((flags & SchedulerFlags.Port) != 0)
            names.Add(port);
        if ((flags & Third) != 0)
            names.Add("flag-3");
        return string.Join(',', names);
    }
}

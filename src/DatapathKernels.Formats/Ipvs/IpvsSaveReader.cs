using System.Net;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Ipvs;

/// <summary>The commands of ipvsadm, line after line, and the table they make.</summary>
internal sealed class IpvsSaveReader
{
    private const int MostSeconds = 31 * 24 * 60 * 60, DefaultSeconds = 300;

    private readonly IpvsCommandLine _line = new();
    private readonly List<Draft> _services = [];
    private readonly Dictionary<IpvsServiceId, Draft> _byId = [];
    private readonly Dictionary<string, List<int>> _ignored = [];

    public IpvsTable Finish(int lines, out IpvsReport report)
    {
        report = new()
        {
            Lines = lines,
            Ignored = [.. _ignored.Select(option => $"{option.Key} (line{(option.Value.Count > 1 ? "s" : "")} {string.Join(", ", option.Value.Take(3))}{(option.Value.Count > 3 ? $" and {option.Value.Count - 3} more" : "")})")],
        };
        return new(_services.Select(draft => draft.Entry with { Servers = draft.Servers.ToArray() }));
    }

    public void Read(ReadOnlySpan<byte> text, int line)
    {
        _line.Read(text);
        switch (_line.Command)
        {
            case 'A':
                AddService(line);
                break;
            case 'E':
                FindService().Entry = ReadService(ReadId(out _));
                break;
            case 'D':
                Draft gone = FindService();
                _services.Remove(gone);
                _byId.Remove(gone.Entry.Id);
                break;
            case 'C':
                _services.Clear();
                _byId.Clear();
                break;
            case 'a' or 'e' or 'd':
                ChangeServer(FindService(), _line.Command);
                break;
        }

        foreach (string option in _line.Ignored)
        {
            if (!_ignored.TryGetValue(option, out List<int>? lines))
                _ignored.Add(option, lines = []);
            lines.Add(line);
        }
    }

    private void AddService(int line)
    {
        Draft draft = new(ReadService(ReadId(out IpvsWord name)), line);
        if (!_byId.TryAdd(draft.Entry.Id, draft))
            throw name.Expected($"a new service (line {_byId[draft.Entry.Id].Line} has this one)");
        _services.Add(draft);
    }

    private Draft FindService()
    {
        IpvsServiceId id = ReadId(out IpvsWord name);
        return _byId.TryGetValue(id, out Draft? draft) ? draft : throw name.Expected("a service that was added");
    }

    private IpvsServiceId ReadId(out IpvsWord name)
    {
        if (_line.Only("tuSf", "one of -t, -u, --sctp-service and -f alone") is not { } letter)
            throw new SyntaxException(_line.EndColumn, "expected -t, -u, --sctp-service or -f, found the end of the line");
        name = _line.Find(letter)!.Value;
        return letter == 'f' ? ReadMark(name) : ReadAddress(name, letter);
    }

    private IpvsServiceId ReadMark(IpvsWord word) =>
        IpvsServiceId.ForMark(word.Number("a firewall mark from 1 to 4294967295", 1, uint.MaxValue), _line.Has('6'));

    private IpvsServiceId ReadAddress(IpvsWord word, char letter)
    {
        if (_line.Find('6') is { } six)
            throw six.Expected("-6 with -f only");
        (IPAddress address, ushort? port) = word.Endpoint();
        return IpvsServiceId.At(address, port ?? 0, letter switch { 't' => IpProtocol.Tcp, 'u' => IpProtocol.Udp, _ => IpProtocol.Sctp });
    }

    private IpvsServiceEntry ReadService(IpvsServiceId id)
    {
        IpvsServiceEntry entry = new(id) { IsOnePacket = _line.Has('o') };
        if (_line.Find('s') is { } scheduler)
            entry = entry with { Scheduler = IpvsNames.TryScheduler(scheduler.Text, out SchedulerKind kind) ? kind : throw scheduler.Expected($"a scheduler: {IpvsNames.AllSchedulers}") };
        if (_line.Find('b') is { } flags)
            entry = entry with { Flags = IpvsNames.TryFlags(flags.Text, out SchedulerFlags value) ? value : throw flags.Expected("flags like sh-fallback,sh-port") };
        if (_line.Find('p') is { } seconds)
            entry = entry with { PersistenceSeconds = seconds.Text.Length == 0 ? DefaultSeconds : (int)seconds.Number($"seconds from 1 to {MostSeconds}", 1, MostSeconds) };
        if (_line.Find('M') is { } mask)
            entry = entry with { PersistencePrefix = mask.PrefixLength(id.IsV6) };
        Check(entry);
        return entry;
    }

    private void Check(IpvsServiceEntry entry)
    {
        if (entry.Id.Mark != 0)
            return;
        if (entry.Id.Port == 0 && entry.PersistenceSeconds == 0)
            throw new SyntaxException(_line.EndColumn, "expected -p, which a service of every port needs, found the end of the line");
        if (entry.IsOnePacket && entry.Id.Protocol != IpProtocol.Udp)
            throw _line.Find('o')!.Value.Expected("-o with UDP or a mark only");
    }

    private void ChangeServer(Draft service, char command)
    {
        if (_line.Find('r') is not { } word)
            throw new SyntaxException(_line.EndColumn, "expected -r, found the end of the line");
        RealServer server = ReadServer(service.Entry.Id, word);
        int index = service.Servers.FindIndex(other => other.Address.Equals(server.Address) && other.Port == server.Port);
        if (command == 'a')
        {
            if (index >= 0)
                throw word.Expected("a new real server of this service");
            if (service.Servers.Count == VirtualService.MaxServers)
                throw word.Expected($"at most {VirtualService.MaxServers} real servers of a service");
            service.Servers.Add(server);
            return;
        }

        if (index < 0)
            throw word.Expected("a real server of this service");
        if (command == 'e')
            service.Servers[index] = server;
        else
            service.Servers.RemoveAt(index);
    }

    /// <summary>A server without a port has the service's; so has one that packets reach unchanged, unless the service is a mark's.</summary>
    private RealServer ReadServer(IpvsServiceId service, IpvsWord word)
    {
        (IPAddress address, ushort? port) = word.Endpoint();
        ForwardingMode forwarding = ReadForwarding();
        if (address.AddressFamily != service.Address.AddressFamily && forwarding != ForwardingMode.Tunnel && _line.Command != 'd')
            throw word.Expected("a real server of the service's family, or -i");
        int upper = ReadCount('x', 0), lower = ReadCount('y', 0);
        if (lower > upper)
            throw _line.Find('y')!.Value.Expected("a lower threshold not above the upper one");
        bool keepsPort = forwarding != ForwardingMode.Nat && service.Mark == 0 && _line.Command != 'd';
        return new(address, keepsPort ? service.Port : port ?? service.Port, ReadCount('w', 1), upper, lower, forwarding);
    }

    private ForwardingMode ReadForwarding() => _line.Only("gmi", "one of -g, -i and -m alone") switch
    {
        'm' => ForwardingMode.Nat,
        'i' => ForwardingMode.Tunnel,
        _ => ForwardingMode.DirectRouting,
    };

    private int ReadCount(char letter, int otherwise) => _line.Find(letter) is { } word ? (int)word.Number("a number from 0", 0, int.MaxValue) : otherwise;

    private sealed class Draft(IpvsServiceEntry entry, int line)
    {
        public IpvsServiceEntry Entry { get; set; } = entry;

        public int Line { get; } = line;

        public List<RealServer> Servers { get; } = [];
    }
}
